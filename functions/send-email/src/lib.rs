//! Sends emails about orders and accounts to customers, and alerts to staff: from SQS to SES.

mod backoff;
mod email;
mod render;
mod send;
mod text;

pub use email::Email;
pub use send::{SendError, Sender};

use backoff::Retry;
use domain::accounts::LinkKey;
use domain::db::Db;
use domain::id::ClaimId;
use domain::mail::{self, Claim};
use domain::outbox::{self, Event, Message};
use lambda::queue::MessageError;
use render::Rendered;

/// The visibility timeout of the queue.
const CLAIM_SECONDS: i32 = 360;

/// Renders and sends emails.
pub struct Mailer {
    pub db: Db,
    pub sender: Sender,
    /// The address of the shop's staff.
    pub staff: String,
    /// The shop's front end, without a trailing slash.
    pub shop_url: String,
    /// Derives the secrets of links.
    pub links: LinkKey,
}

/// Sends the email of an event, once, however often its message arrives. `receives` is the message's receive count.
pub async fn handle(mailer: &Mailer, message: Message, receives: u32) -> Result<(), MessageError> {
    let Message { v: 1, event } = message else {
        return Err(MessageError::Retry(format!("version {} is not known", message.v).into()));
    };
    let key = event.dedupe_key();
    // The address is read now and not stored, so that an erased account gets no more emails.
    let Some(Rendered { to, email, is_unsolicited }) = mailer.render(event).await? else {
        mail::mark_outdated(&mailer.db, &key).await?;
        let why = format!("{key}: outdated, or the recipient's account is not active");
        return Err(MessageError::Permanent { code: "nothing_to_write", why });
    };

    match mail::claim(&mailer.db, &key, email.kind, CLAIM_SECONDS).await? {
        Claim::Acquired(claim) if is_unsolicited => {
            mail::mark_dropped(&mailer.db, &key, claim).await?;
            tracing::info!(mail.key = key, "email {key} dropped: unpaid, to an unproven address");
            Ok(())
        }
        Claim::Acquired(claim) => match deliver(mailer, &key, claim, &to, &email).await? {
            Delivery::Finished => Ok(()),
            Delivery::Failed(error) => delay(mailer, event, receives, error).await,
        },
        Claim::Finished => Ok(()),
        Claim::HeldByOther => {
            Err(MessageError::Retry(format!("{key}: another process holds the claim").into()))
        }
    }
}

/// The result of an attempt to send an email.
enum Delivery {
    /// It was sent, or can never be sent.
    Finished,
    /// It can be tried again later.
    Failed(SendError),
}

async fn deliver(
    mailer: &Mailer,
    key: &str,
    claim: ClaimId,
    to: &str,
    email: &Email,
) -> Result<Delivery, MessageError> {
    match mailer.sender.send(to, email).await {
        Ok(message_id) => {
            mail::mark_sent(&mailer.db, key, claim, &message_id).await?;
            tracing::info!(mail.key = key, mail.receipt = message_id, "email {key} sent");
            Ok(Delivery::Finished)
        }
        Err(SendError::Rejected(why)) => {
            tracing::error!(mail.key = key, "email {key} can never be sent: {why}");
            mail::mark_failed(&mailer.db, key, claim, &why).await?;
            Ok(Delivery::Finished)
        }
        Err(error @ SendError::Temporary(_)) => {
            mail::release(&mailer.db, key, claim).await?;
            Ok(Delivery::Failed(error))
        }
    }
}

/// Keeps an email until SES accepts it: first in the queue, then in the outbox, never in the dead-letter queue.
async fn delay(
    mailer: &Mailer,
    event: Event,
    receives: u32,
    error: SendError,
) -> Result<(), MessageError> {
    match backoff::next(receives, backoff::jitter()) {
        Retry::InQueue(pause) => Err(MessageError::RetryAfter(pause, error.into())),
        Retry::InOutbox { seconds } => {
            outbox::requeue(&mailer.db, event, seconds).await?;
            let key = event.dedupe_key();
            tracing::warn!(mail.key = key, seconds, "email {key} waits in the outbox: {error}");
            Ok(())
        }
    }
}
