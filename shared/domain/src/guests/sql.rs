//! The statements behind guests. They hold no rules.

use super::credentials::GuestKey;
use crate::db::{Ask, Db, DbError, Tx, params, queries};
use crate::email::Email;
use crate::id::{OrderId, ProductId, UserId};
use std::collections::BTreeMap;
use tokio_postgres::Row;

/// For how long an order's links are good, and an account of the same address may take it over.
macro_rules! recent {
    () => {
        "o.created_at > now() - interval '180 days'"
    };
}

queries! {
    STANDING: "look up whether a guest's order is opened" = concat!("
        select g.email, g.proven_at is not null as is_proven
        from order_guests g join orders o on o.id = g.order_id
        where g.order_id = $1 and o.user_id is null
          and (exists (select from checkouts c where c.order_id = $1 and c.secret_hash = $2)
               or g.link_epoch = $3 and ", recent!(), ")");

    INSERT: "insert an order's guest" = "
        insert into order_guests (order_id, email, email_norm, origin) values ($1, $2, $3, $4)";

    /// Those that an account has taken over since count as well. The caller holds the lock on the address.
    COUNT_UNPAID: "count a guest's unpaid orders" = "
        select count(*) as anywhere, count(*) filter (where g.origin = $2) as here
        from order_guests g join orders o on o.id = g.order_id
        where g.email_norm = $1 and o.status = 'pending'";

    /// The caller holds the lock on the address.
    UNPAID_PIECES: "count the pieces in a guest's unpaid orders" = "
        select line.product_id, sum(line.quantity) as pieces
        from order_guests g join orders o on o.id = g.order_id join order_lines line on line.order_id = o.id
        where g.email_norm = $1 and o.status = 'pending' and line.product_id = any($2)
        group by line.product_id";

    CONTACT: "look up an order's guest" = "
        select email, proven_at is not null as is_proven, link_epoch from order_guests where order_id = $1";

    LINK_EPOCH: "look up which links of an order are good" = concat!("
        select g.link_epoch from order_guests g join orders o on o.id = g.order_id
        where g.order_id = $1 and o.user_id is null and ", recent!());

    PROVE: "prove a guest's address" = "
        update order_guests g set proven_at = coalesce(g.proven_at, now())
        from orders o
        where g.order_id = $1 and g.link_epoch = $2 and o.id = g.order_id and o.user_id is null
        returning g.order_id";

    LINKABLE: "look up the guest whose order's link may be sent" = concat!("
        select g.email_norm, extract(epoch from now())::int8 / 3600 as hour
        from order_guests g join orders o on o.id = g.order_id
        where g.order_id = $1 and o.user_id is null and ", recent!());

    /// In the order in which orders are locked. The caller holds the lock on the address. Both rows, so that an address that is
    /// corrected meanwhile is seen.
    TO_JOIN: "lock the orders of a guest's address" = concat!("
        select o.id from orders o join order_guests g on g.order_id = o.id
        where g.email_norm = $1 and o.user_id is null and ($2 or ", recent!(), ")
        order by o.id
        for update of o, g");

    JOIN: "end the links of joined orders" = "
        update order_guests set joined_at = now(), link_epoch = link_epoch + 1 where order_id = any($1)";

    /// Links that were sent to another address are void: whoever has that may be a stranger.
    CORRECT: "correct a guest's address" = "
        update order_guests
        set email = $2, email_norm = $3,
            link_epoch = link_epoch + (email_norm <> $3)::int4,
            proven_at = case when email_norm = $3 then proven_at end
        where order_id = $1 and email <> $2";

    ERASE: "take a person out of the guests" = "
        update order_guests g set email = $2, email_norm = $2
        from orders o where o.id = g.order_id and o.user_id = $1";
}

/// A guest whose order is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guest {
    pub(crate) email: Email,
    pub(crate) is_proven: bool,
}

/// How many orders wait for their payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unpaid {
    /// Of this buyer, from here.
    pub(crate) here: i64,
    /// Under the same address.
    pub(crate) anywhere: i64,
}

/// Which orders of a guest are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// Not so old that the address may have become somebody else's.
    Recent,
    Any,
}

/// How a guest is reached.
pub(crate) struct Contact {
    pub(crate) email: String,
    pub(crate) is_proven: bool,
    pub(crate) link_epoch: i32,
}

/// The guest of an order, if the key opens it: not once it belongs to an account.
pub(crate) fn standing(order: OrderId, key: &GuestKey) -> Ask<Option<Guest>> {
    let (secret, epoch) = match key {
        GuestKey::Secret(secret) => (Some(secret.hash()), None),
        GuestKey::Link { order: of, epoch } => (None, (*of == order).then_some(*epoch)),
    };
    Ask::new(&STANDING, params![order, secret, epoch], |rows| {
        let guest = |row: &Row| Guest {
            email: Email::from_stored(row.get("email")),
            is_proven: row.get("is_proven"),
        };
        Ok(rows.first().map(guest))
    })
}

pub(crate) fn insert(tx: &Tx<'_>, order: OrderId, email: &Email, origin: i32) {
    let (original, normalized) = (email.original().to_owned(), email.normalized().to_owned());
    tx.defer(Ask::write(&INSERT, params![order, original, normalized, origin]));
}

pub(crate) fn count_unpaid(email: &Email, origin: i32) -> Ask<Unpaid> {
    Ask::new(&COUNT_UNPAID, params![email.normalized().to_owned(), origin], |rows| {
        let row = rows.first().ok_or(DbError::invalid_row(&COUNT_UNPAID, "no count"))?;
        Ok(Unpaid { here: row.get("here"), anywhere: row.get("anywhere") })
    })
}

/// The pieces of these products in the unpaid orders under an address.
pub(crate) async fn unpaid_pieces(
    tx: &Tx<'_>,
    email: &Email,
    products: &[ProductId],
) -> Result<BTreeMap<ProductId, i64>, DbError> {
    let rows = tx.rows(&UNPAID_PIECES, &[&email.normalized(), &products]).await?;
    Ok(rows.iter().map(|row| (row.get("product_id"), row.get("pieces"))).collect())
}

/// How the guest of an order is reached; none if it was placed by an account.
pub(crate) async fn contact(db: &Db, order: OrderId) -> Result<Option<Contact>, DbError> {
    let row = db.row(&CONTACT, &[&order]).await?;
    Ok(row.map(|row| Contact {
        email: row.get("email"),
        is_proven: row.get("is_proven"),
        link_epoch: row.get("link_epoch"),
    }))
}

/// None if no link of the order is good.
pub(super) async fn link_epoch(db: &Db, order: OrderId) -> Result<Option<i32>, DbError> {
    Ok(db.row(&LINK_EPOCH, &[&order]).await?.map(|row| row.get("link_epoch")))
}

/// Whether the links of the epoch were still good.
pub(super) async fn prove(db: &Db, order: OrderId, epoch: i32) -> Result<bool, DbError> {
    Ok(db.row(&PROVE, &[&order, &epoch]).await?.is_some())
}

/// The address that an order's link may be sent to, and the hour, counted since 1970.
pub(crate) async fn linkable(
    tx: &Tx<'_>,
    order: OrderId,
) -> Result<Option<(String, i64)>, DbError> {
    let row = tx.row(&LINKABLE, &[&order]).await?;
    Ok(row.map(|row| (row.get("email_norm"), row.get("hour"))))
}

/// Locks the guests' orders under an address, and ends what opened them. The caller gives them to the account.
pub(crate) async fn join(tx: &Tx<'_>, email_norm: &str, age: Age) -> Result<Vec<OrderId>, DbError> {
    let rows = tx.rows(&TO_JOIN, &[&email_norm, &(age == Age::Any)]).await?;
    let orders: Vec<OrderId> = rows.iter().map(|row| row.get("id")).collect();
    tx.execute(&JOIN, &[&orders]).await?;
    Ok(orders)
}

/// Gives the order's guest another address. The caller holds the lock on the order, which has no account.
pub(crate) fn correct(tx: &Tx<'_>, order: OrderId, email: &Email) {
    let (original, normalized) = (email.original().to_owned(), email.normalized().to_owned());
    tx.defer(Ask::write(&CORRECT, params![order, original, normalized]));
}

/// Replaces the address in what an account had ordered as a guest.
pub(crate) async fn erase(tx: &Tx<'_>, user: UserId, address: &str) -> Result<(), DbError> {
    tx.execute(&ERASE, &[&user, &address]).await.map(drop)
}
