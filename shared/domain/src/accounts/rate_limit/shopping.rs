//! Buckets of those who shop, by where they come from.

use super::{Limit, Scope, Visitor, limit, take_token};
use crate::db::{Db, DbError};

/// Requests that name discount codes: so codes are not guessed for free.
const CODES: Limit = limit("discount_codes", Scope::Ip, 30, 60);
/// Checkouts hold nothing, but each is a row.
const CHECKOUTS: Limit = limit("checkouts", Scope::Ip, 60, 60);

/// Counts a request that names codes. The seconds to wait, if there were too many.
pub(crate) async fn take_code_token(db: &Db, visitor: &Visitor) -> Result<Option<u32>, DbError> {
    take(db, &CODES, visitor).await
}

/// Counts a checkout that is created. The seconds to wait, if there were too many.
pub(crate) async fn take_checkout_token(
    db: &Db,
    visitor: &Visitor,
) -> Result<Option<u32>, DbError> {
    take(db, &CHECKOUTS, visitor).await
}

async fn take(db: &Db, limit: &Limit, visitor: &Visitor) -> Result<Option<u32>, DbError> {
    if take_token(db, limit, visitor, "").await? {
        return Ok(None);
    }
    visitor.record(limit.status(0, limit.seconds));
    tracing::warn!(limit = limit.name, "shopping_throttled: rate limit {} exceeded", limit.name);
    Ok(Some(limit.seconds_per_token()))
}
