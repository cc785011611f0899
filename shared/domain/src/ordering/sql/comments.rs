//! The statements behind the comments on orders.

use crate::db::{DbError, Tx, queries};
use crate::id::{CommentId, OrderId};
use crate::ordering::comment::{Comment, CommentText};

queries! {
    INSERT: "insert a comment on an order" = "
        insert into order_comments (id, order_id, text, created_by)
        select $1, id, $3, acting_user() from orders where id = $2
        returning text, created_by, created_at";
}

/// None if there is no such order.
pub(crate) async fn insert_comment(
    tx: &Tx<'_>,
    order: OrderId,
    text: &CommentText,
) -> Result<Option<Comment>, DbError> {
    let id = CommentId::generate();
    let row = tx.row(&INSERT, &[&id, &order, &text.text()]).await?;
    Ok(row.map(|row| Comment {
        id,
        order,
        text: row.get("text"),
        created_by: row.get("created_by"),
        created_at: row.get("created_at"),
    }))
}
