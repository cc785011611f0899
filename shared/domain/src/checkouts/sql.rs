//! SQL statements of checkouts. They contain no business rules.

pub(super) mod offers;
pub(super) mod row;

use super::checkout::Checkout;
use super::listing::Filter;
use super::status::Status;
use crate::db::{Ask, Db, DbError, Tx, params, queries};
use crate::email::Email;
use crate::guests::Secret;
use crate::id::{CheckoutId, OrderId, UserId};
use crate::page::PageRequest;
use row::{checkout, columns};
use time::OffsetDateTime;

/// A checkout that is open in the table and has expired is over.
macro_rules! checkout_columns {
    () => {
        "c.id, coalesce(c.user_id, (select o.user_id from orders o where o.id = c.order_id)) as user_id, c.secret_hash,
               c.email, c.merged_into, c.currency, c.products, c.quantities, c.shown_minor, c.ship_to_name,
               c.ship_to_company, c.ship_to_line1, c.ship_to_line2, c.ship_to_postal_code, c.ship_to_city,
               c.ship_to_region, c.ship_to_country, c.ship_to_phone, c.shipping_method_id, c.codes, c.note, c.order_id,
               c.version, c.created_at, c.updated_at, c.expires_at, now() as at,
               case when c.status = 'open' and c.expires_at <= now() then 'expired' else c.status end as status,
               coalesce((select u.email_verified_at is not null from users u where u.id = c.user_id), false) as is_proven"
    };
}

macro_rules! select_checkouts {
    ($rest:expr) => {
        concat!(
            "select ",
            checkout_columns!(),
            "
        from checkouts c
        ",
            $rest
        )
    };
}

queries! {
    FIND: "look up a checkout" = select_checkouts!("where c.id = $1");

    CURRENT: "look up an account's current checkout" =
        select_checkouts!("where c.user_id = $1 and c.is_current and c.expires_at > now()");

    LOCK: "lock a checkout" = select_checkouts!("where c.id = $1 for no key update of c");

    LIST: "list checkouts" = select_checkouts!("
        where c.id < $5
          and ($1::text is null
               or case when c.status = 'open' and c.expires_at <= now() then 'expired' else c.status end = $1)
          and ($2::text is null or c.email_norm = $2 or c.user_id = (select id from users where email_norm = $2))
          and ($3::timestamptz is null or c.created_at >= $3)
        order by c.id desc
        limit $4");

    /// With those of orders that the account took over from a guest.
    OF_USER: "list an account's checkouts" = select_checkouts!("
        where c.id in (select id from checkouts where user_id = $1
                       union all
                       select joined.id from orders o join checkouts joined on joined.order_id = o.id
                       where o.user_id = $1 and joined.user_id is null)
        order by c.id desc
        limit $2");

    CLOCK: "look at the time of the transaction" = "
        select now() as at, (select guest_checkout from shop_pricing) as guest_checkout";

    RELEASE_CURRENT: "make no checkout an account's current one" = "
        update checkouts set is_current = false where user_id = $1 and is_current";

    INSERT: "insert a checkout" = "
        insert into checkouts (id, currency, products, quantities, shown_minor, ship_to_name, ship_to_company,
                               ship_to_line1, ship_to_line2, ship_to_postal_code, ship_to_city, ship_to_region,
                               ship_to_country, ship_to_phone, shipping_method_id, codes, note, expires_at, email,
                               email_norm, user_id, secret_hash, is_current)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                $21::uuid is not null)";

    UPDATE: "change a checkout" = "
        update checkouts
        set currency = $2, products = $3, quantities = $4, shown_minor = $5, ship_to_name = $6, ship_to_company = $7,
            ship_to_line1 = $8, ship_to_line2 = $9, ship_to_postal_code = $10, ship_to_city = $11, ship_to_region = $12,
            ship_to_country = $13, ship_to_phone = $14, shipping_method_id = $15, codes = $16, note = $17, expires_at = $18,
            email = $19, email_norm = $20
        where id = $1";

    /// In the request's turn, see `V40`: locks the checkout, and looks at it under the lock. The order may follow it.
    COMPLETE: "complete a checkout" = concat!("
        update checkouts c
        set status = 'completed', is_current = false, order_id = $3
        where c.id = $1 and c.user_id = $2 and c.status = 'open' and c.expires_at > now()
          and ($4::bigint[] is null or c.version = any($4))
          and current_setting('app.turn', true) = 'taken'
        returning ", checkout_columns!());

    /// The same for a guest, whose address has not changed since the turn was asked for.
    COMPLETE_GUESTS: "complete a guest's checkout" = concat!("
        update checkouts c
        set status = 'completed', order_id = $3
        where c.id = $1 and c.user_id is null and c.secret_hash = $2 and c.status = 'open' and c.expires_at > now()
          and ($4::bigint[] is null or c.version = any($4)) and c.email_norm = $5
          and current_setting('app.turn', true) = 'taken'
        returning ", checkout_columns!());

    /// In the order of their ids.
    LOCK_TO_CLAIM: "lock a checkout and the account's current one" = select_checkouts!("
        where c.id = $1 or (c.user_id = $2 and c.is_current)
        order by c.id
        for no key update of c");

    CLAIM: "give a guest's checkout to an account" = "
        update checkouts
        set user_id = $2, is_current = true, email = null, email_norm = null, expires_at = $3
        where id = $1";

    /// What it says of a person is in the other one, as far as it was wanted.
    MERGE: "end a checkout that was merged into another one" = "
        update checkouts
        set status = 'cancelled', merged_into = $2, email = null, email_norm = null, note = null, codes = '{}',
            ship_to_name = null, ship_to_company = null, ship_to_line1 = null, ship_to_line2 = null,
            ship_to_postal_code = null, ship_to_city = null, ship_to_region = null, ship_to_country = null,
            ship_to_phone = null
        where id = $1";

    CANCEL: "cancel a checkout" = "
        update checkouts set status = 'cancelled', is_current = false where id = $1";

    LOCK_ALL_OF: "lock an account's checkouts" = "
        select id from checkouts
        where id in (select id from checkouts where user_id = $1
                     union all
                     select joined.id from orders o join checkouts joined on joined.order_id = o.id
                     where o.user_id = $1 and joined.user_id is null)
        order by id for update";

    FORGET: "delete an erased account's checkouts" = "select forget_checkouts_of($1)";

    FORGET_UNDER: "delete guests' checkouts under an erased account's address" = "select forget_checkouts_under($1, $2)";
}

pub(super) fn find(id: CheckoutId) -> Ask<Option<Checkout>> {
    Ask::new(&FIND, params![id], |rows| rows.first().map(|row| checkout(&FIND, row)).transpose())
}

/// Not one that has expired.
pub(super) fn current(user: UserId) -> Ask<Option<Checkout>> {
    Ask::new(&CURRENT, params![user], |rows| {
        rows.first().map(|row| checkout(&CURRENT, row)).transpose()
    })
}

/// Locks a checkout, and says what time it is.
pub(super) fn lock(id: CheckoutId) -> Ask<Option<(Checkout, OffsetDateTime)>> {
    Ask::new(&LOCK, params![id], |rows| {
        rows.first().map(|row| Ok((checkout(&LOCK, row)?, row.get("at")))).transpose()
    })
}

/// What time it is, and whether guests may buy.
pub(super) fn clock() -> Ask<(OffsetDateTime, bool)> {
    Ask::new(&CLOCK, params![], |rows| {
        let row = rows.first().ok_or(DbError::invalid_row(&CLOCK, "at"))?;
        Ok((row.get("at"), row.get("guest_checkout")))
    })
}

pub(super) async fn list(
    db: &Db,
    filter: &Filter,
    page: &PageRequest<CheckoutId>,
) -> Result<Vec<Checkout>, DbError> {
    let Filter { status, email, since } = filter;
    let after = page.after.unwrap_or(CheckoutId::LAST);
    let status = status.map(Status::name);
    let rows = db.rows(&LIST, &[&status, email, since, &page.fetch_limit(), &after]).await?;
    rows.iter().map(|row| checkout(&LIST, row)).collect()
}

/// The newest ones, at most `limit`.
pub(crate) async fn of_user(db: &Db, user: UserId, limit: i64) -> Result<Vec<Checkout>, DbError> {
    let rows = db.rows(&OF_USER, &[&user, &limit]).await?;
    rows.iter().map(|row| checkout(&OF_USER, row)).collect()
}

/// Inserts the checkout: that of an account as its current one. The one before only loses that.
pub(super) fn insert(tx: &Tx<'_>, checkout: &Checkout) {
    if let Some(user) = checkout.user {
        release_current(tx, user);
    }
    let mut row = columns(checkout);
    row.extend(params![checkout.user, checkout.secret_hash.clone()]);
    tx.defer(Ask::write(&INSERT, row));
}

pub(super) fn update(tx: &Tx<'_>, checkout: &Checkout) {
    tx.defer(Ask::write(&UPDATE, columns(checkout)));
}

/// Ends an open checkout of the account as this order, which the transaction must insert. None if it is not open, has
/// expired, or has another version than those that were `seen`; `None` accepts any.
pub(crate) fn complete(
    id: CheckoutId,
    user: UserId,
    order: OrderId,
    seen: Option<&[i64]>,
) -> Ask<Option<Checkout>> {
    let seen = seen.map(<[i64]>::to_vec);
    Ask::new(&COMPLETE, params![id, user, order, seen], |rows| {
        rows.first().map(|row| checkout(&COMPLETE, row)).transpose()
    })
}

/// Like [`complete`], of a guest.
pub(crate) fn complete_guests(
    id: CheckoutId,
    secret: &Secret,
    address: &Email,
    order: OrderId,
    seen: Option<&[i64]>,
) -> Ask<Option<Checkout>> {
    let (seen, address) = (seen.map(<[i64]>::to_vec), address.normalized().to_owned());
    Ask::new(&COMPLETE_GUESTS, params![id, secret.hash(), order, seen, address], |rows| {
        rows.first().map(|row| checkout(&COMPLETE_GUESTS, row)).transpose()
    })
}

/// Locks a checkout, and the current one of the account that wants it, each if it is there.
pub(super) fn lock_to_claim(
    id: CheckoutId,
    user: UserId,
) -> Ask<(Option<Checkout>, Option<Checkout>)> {
    Ask::new(&LOCK_TO_CLAIM, params![id, user], move |rows| {
        let all = rows.iter().map(|row| checkout(&LOCK_TO_CLAIM, row));
        let mut all = all.collect::<Result<Vec<_>, _>>()?;
        let wanted = all.iter().position(|one| one.id == id).map(|at| all.remove(at));
        Ok((wanted, all.pop()))
    })
}

/// Whatever checkout is the account's current one, only loses that.
pub(super) fn release_current(tx: &Tx<'_>, user: UserId) {
    tx.defer(Ask::write(&RELEASE_CURRENT, params![user]));
}

/// A guest's checkout becomes the account's current one.
pub(super) fn claim(tx: &Tx<'_>, id: CheckoutId, user: UserId, expires_at: OffsetDateTime) {
    tx.defer(Ask::write(&CLAIM, params![id, user, expires_at]));
}

pub(super) fn merge(tx: &Tx<'_>, id: CheckoutId, into: CheckoutId) {
    tx.defer(Ask::write(&MERGE, params![id, into]));
}

pub(super) fn cancel(tx: &Tx<'_>, id: CheckoutId) {
    tx.defer(Ask::write(&CANCEL, params![id]));
}

/// Locks all checkouts of an account, so that none of them changes while it is erased.
pub(crate) async fn lock_all_of(tx: &Tx<'_>, user: UserId) -> Result<Vec<CheckoutId>, DbError> {
    let rows = tx.rows(&LOCK_ALL_OF, &[&user]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

/// Deletes the checkouts of an account that is erased.
pub(crate) async fn forget_all_of(tx: &Tx<'_>, user: UserId) -> Result<(), DbError> {
    tx.rows(&FORGET, &[&user]).await.map(drop)
}

/// Deletes what was never ordered as a guest under the proven address of an account that is erased.
pub(crate) async fn forget_all_under(
    tx: &Tx<'_>,
    user: UserId,
    address: &str,
) -> Result<(), DbError> {
    tx.rows(&FORGET_UNDER, &[&user, &address]).await.map(drop)
}
