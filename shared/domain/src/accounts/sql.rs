//! The statements behind accounts. They decide nothing.

use super::role::Role;
use crate::db::{Db, DbError, queries};
use crate::id::UserId;

queries! {
    STANDING: "look up a caller's standing" = "
        select role from users
        where id = $1 and token_epoch = $2 and disabled_at is null and erased_at is null";
}

pub(super) async fn standing(db: &Db, user: UserId, epoch: i32) -> Result<Option<Role>, DbError> {
    let Some(row) = db.row(&STANDING, &[&user, &epoch]).await? else { return Ok(None) };
    Role::from_name(row.get("role")).map(Some).ok_or(DbError::nonsense(&STANDING, "role"))
}
