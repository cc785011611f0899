//! Forgetting what nobody needs any more: full rate buckets, answers of old requests, links that are good for nothing,
//! messages that left or came long ago. How old that is stands in the functions that do it, which belong to the
//! owner of the schema: the role of ours may delete nothing.

use crate::db::{Db, DbError, queries};

/// How many rows of a table go at once.
const MOST: i32 = 500;

queries! {
    RATE_BUCKETS: "forget rate buckets" = "select forget_rate_buckets($1) as gone";

    IDEMPOTENCY_KEYS: "forget idempotency keys" = "select forget_idempotency_keys($1) as gone";

    LINKS: "forget links" = "select forget_links($1) as gone";

    OUTBOX: "forget messages that left" = "select forget_outbox($1) as gone";

    INBOX: "forget messages that came" = "select forget_inbox($1) as gone";
}

/// Forgets some rows of each kind, and says how many. What is left over goes the next time.
pub async fn forget(db: &Db) -> Result<i64, DbError> {
    let mut gone = 0;
    for query in ALL {
        if let Some(row) = db.row(query, &[&MOST]).await? {
            gone += row.get::<_, i64>("gone");
        }
    }
    Ok(gone)
}
