//! Links in mails.

use crate::accounts::email::Email;
use crate::accounts::link::{LinkKey, Purpose, Shown};
use crate::db::{Db, DbError, Tx, queries};
use crate::id::{LinkId, UserId};

/// Whether a link that is shown is good. `$1` is its hash, `$2` what it is shown for.
macro_rules! good {
    () => {
        "link.hash = $1 and link.purpose = $2 and link.used_at is null and link.expires_at > now()
          and users.id = link.user_id and users.disabled_at is null and users.erased_at is null"
    };
}

queries! {
    /// In place of the one that waits to be used, if there is one.
    OFFER: "offer a link" = "
        insert into links as link (id, user_id, purpose, hash, expires_at)
        values ($1, $2, $3, $4, now() + make_interval(secs => $5::int4))
        on conflict (user_id, purpose) where used_at is null do update
        set id = excluded.id, hash = excluded.hash, created_at = now(), expires_at = excluded.expires_at";

    LOOK_UP: "look up a link" = concat!("
        select users.email from links as link, users where ", good!());

    /// Of two who show the same link, one waits for the other, and finds it used.
    USE: "use a link up" = concat!("
        update links as link set used_at = now() from users where ", good!(), "
        returning link.user_id");

    VOID: "void a link" = "
        update links set used_at = now() where user_id = $1 and purpose = $2 and used_at is null";
}

pub(in crate::accounts) async fn offer(
    tx: &Tx<'_>,
    key: &LinkKey,
    user: UserId,
    purpose: Purpose,
) -> Result<LinkId, DbError> {
    let id = LinkId::generate();
    let (hash, seconds) = (key.hash(purpose, id), purpose.seconds());
    tx.execute(&OFFER, &[&id, &user, &purpose.name(), &hash, &seconds]).await?;
    Ok(id)
}

/// The address that the link was sent to, if it is good.
pub(in crate::accounts) async fn look_up(
    db: &Db,
    purpose: Purpose,
    shown: &Shown,
) -> Result<Option<Email>, DbError> {
    let Some(row) = db.row(&LOOK_UP, &[&shown.hash(), &purpose.name()]).await? else {
        return Ok(None);
    };
    let email = Email::parse(row.get("email"));
    email.map(Some).map_err(|_| DbError::nonsense(&LOOK_UP, "email"))
}

/// Whose link it was, if it was good until now.
pub(in crate::accounts) async fn use_up(
    tx: &Tx<'_>,
    purpose: Purpose,
    shown: &Shown,
) -> Result<Option<UserId>, DbError> {
    let row = tx.row(&USE, &[&shown.hash(), &purpose.name()]).await?;
    Ok(row.map(|row| row.get("user_id")))
}

/// A link that waits to be used is good no more.
pub(in crate::accounts) async fn void(
    tx: &Tx<'_>,
    user: UserId,
    purpose: Purpose,
) -> Result<(), DbError> {
    tx.execute(&VOID, &[&user, &purpose.name()]).await.map(drop)
}
