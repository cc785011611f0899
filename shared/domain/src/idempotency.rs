//! One request, one effect, one answer, however often it is sent.
//!
//! The key's row, the effect and the answer commit together. A twin that arrives meanwhile waits for its turn,
//! then reads the answer; after a crash there is no row, and the request runs as if for the first time.
//! After the draft "The Idempotency-Key HTTP Header Field" of the IETF.

use crate::db::{Db, DbError, Param, Tx, queries};
use crate::failure::{self, Failure, Kind};
use crate::id::UserId;
use tokio_postgres::Row;

/// What names a request: 16 to 255 printable ASCII characters, chosen by the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

/// A request that may come again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub key: Key,
    pub method: &'static str,
    pub route: String,
    /// SHA-256 over method, path and body: tells a repetition from another request under the same key.
    pub fingerprint: [u8; 32],
}

/// An answer in the form in which it is kept and repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// Whether this answer was given before.
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

impl Key {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let fits =
            (16..=255).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(Refusal::BadKey) }
    }
}

queries! {
    /// Waits for a twin that is not done, and then says what it left. See `V19`.
    TAKE_TURN: "take a turn" = "
        select fingerprint, response_status, response_body from take_turn($1, $2, $3)";

    /// A key is forgotten after 72 hours.
    KEEP: "keep an answer" = "
        insert into idempotency_keys as kept (user_id, key, method, route, fingerprint, response_status, response_body)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (user_id, key) do update
        set method = excluded.method, route = excluded.route, fingerprint = excluded.fingerprint,
            response_status = excluded.response_status, response_body = excluded.response_body, created_at = now()
        where kept.created_at < now() - interval '72 hours'";
}

/// How a use case answers, and keeps its answer if the request came with a key.
pub struct Once<T> {
    pub ticket: Option<Ticket>,
    pub put: fn(&T) -> Answer,
}

impl<T> Once<T> {
    /// One transaction with `work` in it, unless its answer is known. Without a key `work` runs each time.
    pub(crate) async fn transaction<R>(
        &self,
        db: &Db,
        user: UserId,
        work: impl AsyncFnOnce(&Tx<'_>) -> Result<T, Failure<R>> + Clone,
    ) -> Result<Answer, Failure<R>>
    where
        R: failure::Refusal + From<Refusal>,
    {
        db.transaction(async |tx| {
            let work = work.clone();
            match &self.ticket {
                Some(ticket) => {
                    once(tx, user, ticket, Turn::OfKey, async || work(tx).await, self.put).await
                }
                None => Ok((self.put)(&work(tx).await?)),
            }
        })
        .await
    }
}

/// Who waits for one another until the end of the transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn {
    /// Requests with the same key.
    OfKey,
    /// All orders that the user places: each of them counts the others.
    OfBuyer,
}

/// Runs `work` in its turn unless its answer is known, and keeps the answer that `put` makes of it.
pub(crate) async fn once<T, R>(
    tx: &Tx<'_>,
    user: UserId,
    ticket: &Ticket,
    turn: Turn,
    work: impl AsyncFnOnce() -> Result<T, Failure<R>>,
    put: impl FnOnce(&T) -> Answer,
) -> Result<Answer, Failure<R>>
where
    R: failure::Refusal + From<Refusal>,
{
    let Ticket { key: Key(key), method, route, fingerprint } = ticket;
    let fingerprint = &fingerprint[..];
    let shared = match turn {
        Turn::OfKey => key,
        // Shorter than any key.
        Turn::OfBuyer => "orders",
    };
    if let Some(kept) = tx.row(&TAKE_TURN, &[&user, key, &shared]).await? {
        return known(&kept, fingerprint)?.map_err(|no| Failure::Refused(no.into()));
    }
    let answer = put(&work().await?);
    let status = i16::try_from(answer.status).expect("an HTTP status has three digits");
    let row: [Param<'_>; 7] = [&user, key, method, route, &fingerprint, &status, &answer.body];
    // The turn lets no twin come so far; the row is the last word all the same.
    if tx.execute(&KEEP, &row).await? == 0 {
        return Err(DbError::collision(&KEEP).into());
    }
    Ok(answer)
}

/// The answer that a key has already, if it was the same request.
fn known(kept: &Row, fingerprint: &[u8]) -> Result<Result<Answer, Refusal>, DbError> {
    if kept.get::<_, &[u8]>("fingerprint") != fingerprint {
        return Ok(Err(Refusal::KeyReused));
    }
    let status: Option<i16> = kept.get("response_status");
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or(DbError::nonsense(&TAKE_TURN, "a key without its answer"))?;
    Ok(Ok(Answer { status, body: kept.get("response_body"), replayed: true }))
}
