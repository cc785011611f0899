//! SQL statements of one-time links.

use crate::accounts::link::{LinkKey, PresentedToken, Purpose};
use crate::db::{Db, DbError, Tx, queries};
use crate::email::Email;
use crate::id::{LinkId, UserId};

/// The condition for a valid link. `$1` is the hash of its token, `$2` its purpose.
macro_rules! valid {
    () => {
        "link.hash = $1 and link.purpose = $2 and link.used_at is null and link.expires_at > now()
          and users.id = link.user_id and users.disabled_at is null and users.erased_at is null"
    };
}

queries! {
    PROVEN_ADDRESS: "look up a proven address" = "
        select email_norm from users where id = $1 and email_verified_at is not null and erased_at is null";

    /// Replaces the unused link of the same purpose, if there is one.
    CREATE: "create a link" = "
        insert into links as link (id, user_id, purpose, hash, expires_at)
        values ($1, $2, $3, $4, now() + make_interval(secs => $5::int4))
        on conflict (user_id, purpose) where used_at is null do update
        set id = excluded.id, hash = excluded.hash, created_at = now(), expires_at = excluded.expires_at";

    LOOK_UP: "look up a link" = concat!("
        select users.email from links as link, users where ", valid!());

    /// Concurrent uses of one link wait for each other; only the first succeeds.
    REDEEM: "redeem a link" = concat!("
        update links as link set used_at = now() from users where ", valid!(), "
        returning link.user_id");

    INVALIDATE: "invalidate a link" = "
        update links set used_at = now() where user_id = $1 and purpose = $2 and used_at is null";
}

pub(in crate::accounts) async fn create(
    tx: &Tx<'_>,
    key: &LinkKey,
    user: UserId,
    purpose: Purpose,
) -> Result<LinkId, DbError> {
    let id = LinkId::generate();
    let (hash, seconds) = (key.hash(purpose, id), purpose.seconds());
    tx.execute(&CREATE, &[&id, &user, &purpose.name(), &hash, &seconds]).await?;
    Ok(id)
}

/// The address that the link was sent to, if it is valid.
pub(in crate::accounts) async fn look_up(
    db: &Db,
    purpose: Purpose,
    token: &PresentedToken,
) -> Result<Option<Email>, DbError> {
    let Some(row) = db.row(&LOOK_UP, &[&token.hash(), &purpose.name()]).await? else {
        return Ok(None);
    };
    let email = Email::parse(row.get("email"));
    email.map(Some).map_err(|_| DbError::invalid_row(&LOOK_UP, "email"))
}

/// Marks the link as used. Returns its user, if it was valid.
pub(in crate::accounts) async fn redeem(
    tx: &Tx<'_>,
    purpose: Purpose,
    token: &PresentedToken,
) -> Result<Option<UserId>, DbError> {
    let row = tx.row(&REDEEM, &[&token.hash(), &purpose.name()]).await?;
    Ok(row.map(|row| row.get("user_id")))
}

/// Invalidates the unused link of this purpose, if there is one.
pub(in crate::accounts) async fn invalidate(
    tx: &Tx<'_>,
    user: UserId,
    purpose: Purpose,
) -> Result<(), DbError> {
    tx.execute(&INVALIDATE, &[&user, &purpose.name()]).await.map(drop)
}

/// The address of a user, as addresses are compared, if it is proven to be theirs.
pub(crate) async fn proven_address(tx: &Tx<'_>, user: UserId) -> Result<Option<String>, DbError> {
    Ok(tx.row(&PROVEN_ADDRESS, &[&user]).await?.map(|row| row.get("email_norm")))
}
