//! Messages that were taken in: each consumer acts on each message once.

use crate::db::{DbError, Tx, queries};

queries! {
    TAKE_IN: "take a message in" = "
        insert into inbox (consumer, message_key)
        values ($1, $2)
        on conflict on constraint inbox_once do nothing";
}

/// Whether this is the first time that `consumer` sees the message. Commits with what the message changes.
pub(crate) async fn is_first(tx: &Tx<'_>, consumer: &str, key: &str) -> Result<bool, DbError> {
    Ok(tx.execute(&TAKE_IN, &[&consumer, &key]).await? == 1)
}
