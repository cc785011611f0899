//! Mails that tell buyers what became of their orders: from SQS to SES.

mod letter;
mod post;

pub use letter::Letter;
pub use post::{Post, Unsent};

use domain::db::Db;
use domain::id::ClaimId;
use domain::mail::{self, Addressed, Claim};
use domain::outbox::Message;
use lambda::queue::Setback;
use letter::Occasion;

/// As long as the queue hides a message after it was handed out.
const CLAIM_SECONDS: i32 = 360;

/// Where letters are written and posted.
pub struct Desk {
    pub db: Db,
    pub post: Post,
}

/// Sends the mail that an event asks for, once, however often the event is told.
pub async fn handle(desk: &Desk, message: Message) -> Result<(), Setback> {
    let Message { v: 1, event } = message else {
        return Err(Setback::Again(format!("version {} is not known", message.v).into()));
    };
    let key = event.dedupe_key();
    let Some((occasion, order)) = Occasion::of(event) else {
        return Err(Setback::Again(format!("{key}: there is no such mail yet").into()));
    };
    // The address is looked up now and kept nowhere: who is erased gets no more mail.
    let Some(Addressed { order, to }) = mail::addressed(&desk.db, order).await? else {
        let why = format!("{key}: the buyer has no account any more");
        return Err(Setback::Pointless { code: "nobody_to_write_to", why });
    };
    let letter = occasion.write(&order).map_err(|error| Setback::Again(error.into()))?;

    match mail::claim(&desk.db, &key, occasion.name(), CLAIM_SECONDS).await? {
        Claim::Yours(claim) => deliver(desk, &key, claim, &to, &letter).await,
        Claim::Settled => Ok(()),
        Claim::Taken => Err(Setback::Again(format!("{key}: somebody else is at it").into())),
    }
}

async fn deliver(
    desk: &Desk,
    key: &str,
    claim: ClaimId,
    to: &str,
    letter: &Letter,
) -> Result<(), Setback> {
    match desk.post.send(to, letter).await {
        Ok(receipt) => {
            mail::sent(&desk.db, key, claim, &receipt).await?;
            tracing::info!(mail.key = key, mail.receipt = receipt, "mail {key} sent");
            Ok(())
        }
        Err(Unsent::Refused(why)) => {
            tracing::error!(mail.key = key, "mail {key} can never be sent: {why}");
            Ok(mail::failed(&desk.db, key, claim, &why).await?)
        }
        Err(later @ Unsent::NotNow(_)) => {
            mail::release(&desk.db, key, claim).await?;
            Err(Setback::Again(later.into()))
        }
    }
}
