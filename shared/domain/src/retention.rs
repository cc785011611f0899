//! Deletion of expired rows: full rate limit buckets, old idempotency keys, used or expired links, places that nobody
//! logged in from for eight weeks, ended sessions, old outbox and inbox messages, old checkouts, emails and Stripe's events. The
//! retention periods are in SQL functions of the schema owner: the application role may not delete rows.

use crate::db::{Db, DbError, queries};

/// The maximum number of rows deleted per table and call.
const BATCH_SIZE: i32 = 500;

queries! {
    RATE_BUCKETS: "delete full rate limit buckets" = "select forget_rate_buckets($1) as gone";

    IDEMPOTENCY_KEYS: "delete old idempotency keys" = "select forget_idempotency_keys($1) as gone";

    LINKS: "delete expired links" = "select forget_links($1) as gone";

    SIGN_IN_PLACES: "delete old places of log-ins" = "select forget_sign_in_places($1) as gone";

    REFRESH_TOKENS: "delete the tokens of ended sessions" = "select forget_refresh_tokens($1) as gone";

    OUTBOX: "delete old outbox messages" = "select forget_outbox($1) as gone";

    INBOX: "delete old inbox messages" = "select forget_inbox($1) as gone";

    CHECKOUTS: "delete old checkouts" = "select forget_checkouts($1) as gone";

    EMAILS: "delete old emails" = "select forget_emails($1) as gone";

    STRIPE_EVENTS: "delete old Stripe events" = "select forget_stripe_events($1) as gone";
}

/// Deletes expired rows, at most 500 per table. Returns how many. The next call deletes what is left.
pub async fn delete_expired(db: &Db) -> Result<i64, DbError> {
    let mut deleted = 0;
    for query in ALL {
        if let Some(row) = db.row(query, &[&BATCH_SIZE]).await? {
            deleted += row.get::<_, i64>("gone");
        }
    }
    Ok(deleted)
}
