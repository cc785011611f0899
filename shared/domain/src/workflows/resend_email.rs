//! Sends an email again that could not be sent.

use crate::db::Db;
use crate::failure::Failure;
use crate::mail;
use crate::operations::{self, Mail, Refusal};
use crate::outbox;

/// Puts an email that SES rejected back into the outbox. One that is being sent, or was sent, stays as it is: it is sent once.
pub async fn resend_email(db: &Db, message: &str) -> Result<Mail, Failure<Refusal>> {
    db.transaction(async |tx| {
        if mail::reopen(tx, message).await? && !outbox::send_again(tx, message).await? {
            return Err(Refusal::EmailTooOld.into());
        }
        let mail = operations::find_mail(tx, message).await?.ok_or(Refusal::EmailNotFound)?;
        if mail.status == "dropped" { Err(Refusal::EmailDropped.into()) } else { Ok(mail) }
    })
    .await
}
