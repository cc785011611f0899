//! Comments on an order.

use crate::db::Db;
use crate::failure::Failure;
use crate::id::{OrderId, UserId};
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::ordering::{self, Comment, CommentText, Refusal};

/// Writes down what staff have to say about an order, whatever its status.
pub async fn comment_on_order(
    db: &Db,
    staff: UserId,
    order: OrderId,
    text: &CommentText,
    call: &IdempotentCall<Comment>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        tx.act_as_staff(staff);
        Ok(ordering::insert_comment(tx, order, text).await?.ok_or(Refusal::NotFound)?)
    })
    .await
}
