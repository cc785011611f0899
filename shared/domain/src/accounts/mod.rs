//! Who people are, and what they may do.

mod role;
mod sql;

pub use role::Role;
pub(crate) use sql::ALL as ALL_QUERIES;

use crate::db::{Db, DbError};
use crate::id::UserId;

/// The role of whoever shows a token of `epoch`, if the account still stands behind it.
pub async fn standing(db: &Db, user: UserId, epoch: i32) -> Result<Option<Role>, DbError> {
    sql::standing(db, user, epoch).await
}
