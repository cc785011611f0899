//! Idempotency keys: a request that is sent again has no second effect and gets the response of the first time.
//!
//! The key's row, the effect and the response are committed together. A concurrent request with the same key waits for
//! a lock, then reads the response; after a crash there is no row, and the request runs as if for the first time.
//! Follows the IETF draft "The Idempotency-Key HTTP Header Field" (draft-ietf-httpapi-idempotency-key-header).

mod key;
mod principal;

pub use key::Key;
pub use principal::Principal;

use crate::db::{Ask, Db, DbError, Tx, params, queries};
use crate::email::Email;
use crate::failure::{self, Failure, Kind};
use crate::id::UserId;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

/// A request that may be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotentRequest {
    pub key: Key,
    pub method: &'static str,
    pub route: String,
    /// SHA-256 over method, path and body: tells a repetition from a different request with the same key.
    pub fingerprint: [u8; 32],
}

/// A response in the form in which it is stored and replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedResponse {
    pub status: u16,
    pub body: Vec<u8>,
    /// Whether it is the stored response of an earlier request.
    pub replayed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("an Idempotency-Key is 16 to 255 printable ASCII characters")]
    BadKey,
    #[error("this Idempotency-Key was used for another request; take a new one")]
    KeyReused,
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::BadKey => Kind::Malformed,
            Self::KeyReused => Kind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadKey => "bad_idempotency_key",
            Self::KeyReused => "idempotency_key_reused",
        }
    }
}

queries! {
    /// Waits for a concurrent request that holds the lock, then returns the response that it stored. If there is none,
    /// `app.turn` is `taken` until the end of the transaction. See `V40`.
    LOCK_KEY: "lock an idempotency key" = "
        select fingerprint, response_status, response_body from begin_turn($1, $2, $3)";

    /// The same, in the turn of all orders that are placed under the address of a guest.
    LOCK_GUEST: "lock a guest's address" = "
        select fingerprint, response_status, response_body from begin_guest_turn($1, $2, $3)";

    /// A key expires after 72 hours. The lock lets no concurrent request come this far; the unique row is the last word all
    /// the same.
    STORE: "store a response" = "
        insert into idempotency_keys as kept (user_id, key, method, route, fingerprint, response_status, response_body)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (user_id, key) do update
        set method = excluded.method, route = excluded.route, fingerprint = excluded.fingerprint,
            response_status = excluded.response_status, response_body = excluded.response_body, created_at = now()
        where kept.created_at < now() - interval '72 hours' or collide()";

    /// The lock of a guest's address, as [`LOCK_GUEST`] takes it.
    LOCK_ADDRESS: "lock an address's orders out" = "select pg_advisory_xact_lock(7003, hashtext('guest:' || $1))";

    /// The lock of a buyer's orders, as [`LOCK_KEY`] takes it.
    LOCK_ORDERS: "lock a buyer's orders out" = "
        select pg_advisory_xact_lock(7003, hashtext($1::uuid::text || $2))";

    FORGET: "delete an erased account's idempotency keys" = "select forget_idempotency_keys_of($1)";

    ABOUT: "list the responses about some subjects" = "
        select user_id, key, response_body from idempotency_keys
        where split_part(route, '/', 4) = any($1) and split_part(route, '/', 4) <> '' and response_body is not null
        order by user_id, key
        for update";

    REPLACE_RESPONSE: "replace a stored response" = "
        update idempotency_keys set response_body = $3 where user_id = $1 and key = $2";
}

/// Shorter than any key.
const ORDERS_LOCK: &str = "orders";

/// A request with the function that turns its outcome into a response. Without a request it has no key and runs each
/// time that it is called.
pub struct IdempotentCall<T> {
    pub request: Option<IdempotentRequest>,
    pub respond: fn(&T) -> RecordedResponse,
}

impl<T> IdempotentCall<T> {
    /// Runs `work` in one transaction and stores its response, or returns the response stored before.
    pub(crate) async fn transaction<R>(
        &self,
        db: &Db,
        whose: impl Into<Principal>,
        work: impl AsyncFnOnce(&Tx<'_>) -> Result<T, Failure<R>> + Clone,
    ) -> Result<RecordedResponse, Failure<R>>
    where
        R: failure::Refusal + From<Refusal>,
    {
        let whose = whose.into();
        db.transaction(async |tx| {
            let work = work.clone();
            let Some(request) = &self.request else {
                return Ok((self.respond)(&work(tx).await?));
            };
            once(tx, whose, request, async || work(tx).await, self.respond).await
        })
        .await
    }
}

/// Which requests wait for one another until the end of the transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LockScope {
    /// Those with the same key.
    Key,
    /// All orders that the user places: each of them counts the others.
    BuyerOrders,
}

/// Asks for the response that an earlier request stored, after the turns of those that this one waits for. Other statements
/// may leave together with it; pass the answer to [`replayed`] before theirs are looked at.
pub(crate) fn turn(
    whose: impl Into<Principal>,
    request: &IdempotentRequest,
    scope: LockScope,
) -> Ask<Result<Option<RecordedResponse>, Refusal>> {
    let spellings = request.key.spellings.to_vec();
    let lock_names = match scope {
        LockScope::Key => spellings.clone(),
        LockScope::BuyerOrders => vec![ORDERS_LOCK.to_owned()],
    };
    let fingerprint = request.fingerprint;
    let with = params![whose.into(), spellings, lock_names];
    Ask::new(&LOCK_KEY, with, move |rows| stored(&rows, fingerprint))
}

/// Like [`turn`], in the turn of all orders that are placed under the address of a guest.
pub(crate) fn guest_turn(
    whose: impl Into<Principal>,
    request: &IdempotentRequest,
    address: &Email,
) -> Ask<Result<Option<RecordedResponse>, Refusal>> {
    let (spellings, fingerprint) = (request.key.spellings.to_vec(), request.fingerprint);
    let with = params![whose.into(), spellings, address.normalized().to_owned()];
    Ask::new(&LOCK_GUEST, with, move |rows| stored(&rows, fingerprint))
}

fn stored(
    rows: &[Row],
    fingerprint: [u8; 32],
) -> Result<Result<Option<RecordedResponse>, Refusal>, DbError> {
    let Some(stored) = rows.first() else { return Ok(Ok(None)) };
    if stored.get::<_, &[u8]>("fingerprint") != fingerprint {
        return Ok(Err(Refusal::KeyReused));
    }
    recorded(stored).map(|response| Ok(Some(response)))
}

/// Like [`turn`] with [`LockScope::BuyerOrders`], for a request that may have no key: then there is no stored response.
pub(crate) fn account_turn(
    user: UserId,
    request: Option<&IdempotentRequest>,
) -> Ask<Result<Option<RecordedResponse>, Refusal>> {
    match request {
        Some(request) => turn(user, request, LockScope::BuyerOrders),
        None => Ask::new(&LOCK_ORDERS, params![user, ORDERS_LOCK], |_| Ok(Ok(None))),
    }
}

/// The stored response, if there is one: then the transaction is rolled back, for its other statements may have written.
/// Else it is the request's turn.
pub(crate) fn replayed(
    tx: &Tx<'_>,
    turn: Result<Option<RecordedResponse>, Refusal>,
) -> Result<Option<RecordedResponse>, Refusal> {
    let stored = turn?;
    match stored {
        Some(_) => tx.rolls_back(),
        None => tx.meets_itself(),
    }
    Ok(stored)
}

/// Stores the response of a request in its turn.
pub(crate) fn store(
    tx: &Tx<'_>,
    whose: impl Into<Principal>,
    request: &IdempotentRequest,
    response: &RecordedResponse,
) {
    let IdempotentRequest { key, method, route, fingerprint } = request.clone();
    let status = i16::try_from(response.status).expect("an HTTP status has three digits");
    let (whose, fingerprint) = (whose.into(), fingerprint.to_vec());
    let body = response.body.clone();
    let row = params![whose, key.sent, method, route, fingerprint, status, body];
    tx.defer(Ask::write(&STORE, row));
}

/// Runs `work` under the lock and stores the response that `respond` makes of it, or returns the response stored before.
pub(crate) async fn once<T, R>(
    tx: &Tx<'_>,
    whose: impl Into<Principal>,
    request: &IdempotentRequest,
    work: impl AsyncFnOnce() -> Result<T, Failure<R>>,
    respond: impl FnOnce(&T) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<R>>
where
    R: failure::Refusal + From<Refusal>,
{
    let whose = whose.into();
    let (turn,) = tx.together((turn(whose, request, LockScope::Key),)).await;
    if let Some(stored) = replayed(tx, turn?).map_err(|no| Failure::Refused(no.into()))? {
        return Ok(stored);
    }
    let response = respond(&work().await?);
    store(tx, whose, request, &response);
    Ok(response)
}

/// Waits for orders that the buyer is placing, and lets no other be placed until the end of the transaction.
pub(crate) async fn lock_orders(tx: &Tx<'_>, buyer: UserId) -> Result<(), DbError> {
    tx.rows(&LOCK_ORDERS, &[&buyer, &ORDERS_LOCK]).await.map(drop)
}

/// Waits for orders that are placed under the address of a guest, and lets no other be placed until the end of the transaction.
pub(crate) async fn lock_address(tx: &Tx<'_>, address: &str) -> Result<(), DbError> {
    tx.rows(&LOCK_ADDRESS, &[&address]).await.map(drop)
}

/// Deletes the keys of an erased account: nobody can repeat its requests. Responses that others got about the `subjects`,
/// which are ids in the addresses of requests, stay without the person: `erase` takes it out of each.
pub(crate) async fn erase_person(
    tx: &Tx<'_>,
    person: UserId,
    subjects: &[String],
    erase: impl Fn(&mut Value),
) -> Result<(), DbError> {
    tx.rows(&FORGET, &[&person]).await?;
    for row in tx.rows(&ABOUT, &[&subjects]).await? {
        let (whose, key): (Uuid, &str) = (row.get("user_id"), row.get("key"));
        let body = serde_json::from_slice(row.get("response_body"));
        let mut body = body.map_err(|_| DbError::invalid_row(&ABOUT, "response_body"))?;
        erase(&mut body);
        let body = body.to_string().into_bytes();
        tx.execute(&REPLACE_RESPONSE, &[&whose, &key, &body]).await?;
    }
    Ok(())
}

fn recorded(stored: &Row) -> Result<RecordedResponse, DbError> {
    let status: Option<i16> = stored.get("response_status");
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or(DbError::invalid_row(&LOCK_KEY, "a key without its response"))?;
    Ok(RecordedResponse { status, body: stored.get("response_body"), replayed: true })
}
