//! Deduplication of incoming messages: each consumer processes each message once.

use crate::db::{DbError, Tx, queries};

queries! {
    INSERT_IF_NEW: "record an incoming message" = "
        insert into inbox (consumer, message_key)
        values ($1, $2)
        on conflict on constraint inbox_once do nothing";
}

/// Records the message, in the transaction of its effect. False if `consumer` has processed it before.
pub(crate) async fn insert_if_new(tx: &Tx<'_>, consumer: &str, key: &str) -> Result<bool, DbError> {
    Ok(tx.execute(&INSERT_IF_NEW, &[&consumer, &key]).await? == 1)
}
