//! Mails that tell people what became of their orders and accounts, and the staff what needs them: from SQS to SES.

mod draft;
mod letter;
mod patience;
mod post;
mod words;

pub use letter::Letter;
pub use post::{Post, Unsent};

use domain::accounts::LinkKey;
use domain::db::Db;
use domain::id::ClaimId;
use domain::mail::{self, Claim};
use domain::outbox::{self, Event, Message};
use draft::Draft;
use lambda::queue::Setback;
use patience::Next;

/// As long as the queue hides a message after it was handed out.
const CLAIM_SECONDS: i32 = 360;

/// Where letters are written and posted.
pub struct Desk {
    pub db: Db,
    pub post: Post,
    /// The address of those who look after the shop.
    pub staff: String,
    /// The shop's front end, without a slash at its end.
    pub shop_url: String,
    /// Makes the secrets of links.
    pub links: LinkKey,
}

/// Sends the mail that an event asks for, once, however often the event is told. SQS has handed it out `receives` times.
pub async fn handle(desk: &Desk, message: Message, receives: u32) -> Result<(), Setback> {
    let Message { v: 1, event } = message else {
        return Err(Setback::Again(format!("version {} is not known", message.v).into()));
    };
    let key = event.dedupe_key();
    // The address is looked up now and kept nowhere: who is erased gets no more mail.
    let Some(Draft { to, letter }) = desk.draft(event).await? else {
        let why = format!("{key}: it is over, or whom it concerns has left");
        return Err(Setback::Pointless { code: "nothing_to_write", why });
    };

    match mail::claim(&desk.db, &key, letter.kind, CLAIM_SECONDS).await? {
        Claim::Yours(claim) => match deliver(desk, &key, claim, &to, &letter).await? {
            Outcome::Over => Ok(()),
            Outcome::NotNow(why) => delay(desk, event, receives, why).await,
        },
        Claim::Settled => Ok(()),
        Claim::Taken => Err(Setback::Again(format!("{key}: somebody else is at it").into())),
    }
}

/// What became of a letter.
enum Outcome {
    /// It was sent, or never will be.
    Over,
    /// SES had no time for it.
    NotNow(Unsent),
}

async fn deliver(
    desk: &Desk,
    key: &str,
    claim: ClaimId,
    to: &str,
    letter: &Letter,
) -> Result<Outcome, Setback> {
    match desk.post.send(to, letter).await {
        Ok(receipt) => {
            mail::sent(&desk.db, key, claim, &receipt).await?;
            tracing::info!(mail.key = key, mail.receipt = receipt, "mail {key} sent");
            Ok(Outcome::Over)
        }
        Err(Unsent::Refused(why)) => {
            tracing::error!(mail.key = key, "mail {key} can never be sent: {why}");
            mail::failed(&desk.db, key, claim, &why).await?;
            Ok(Outcome::Over)
        }
        Err(later @ Unsent::NotNow(_)) => {
            mail::release(&desk.db, key, claim).await?;
            Ok(Outcome::NotNow(later))
        }
    }
}

/// However long SES is away, the mail waits for it: in the queue at first, then in the outbox, and never with the dead letters.
async fn delay(desk: &Desk, event: Event, receives: u32, why: Unsent) -> Result<(), Setback> {
    match patience::next(receives, patience::dice()) {
        Next::Pause(pause) => Err(Setback::After(pause, why.into())),
        Next::Outbox { seconds } => {
            outbox::put_back(&desk.db, event, seconds).await?;
            let key = event.dedupe_key();
            tracing::warn!(mail.key = key, seconds, "mail {key} waits in the outbox: {why}");
            Ok(())
        }
    }
}
