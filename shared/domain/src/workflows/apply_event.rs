//! Lets Stripe's events take effect, each once.

use super::{dispute, refund, take_payment};
use crate::db::{Db, DbError, Tx};
use crate::failure::{Failure, Never, Refusal as _};
use crate::payments::{
    self, EventEnvelope, EventOutcome, EventPayload, MAX_TRIES, Refusal, STORED_ONCE,
};

/// Stores an event together with its effect, or neither. An event that is stored already changes nothing: whoever
/// stored it sees to its effect. An event of the other mode (test or live) is parked.
pub async fn receive_event(
    db: &Db,
    envelope: &EventEnvelope,
    raw: &[u8],
    live: bool,
    payload: &EventPayload,
) -> Result<(), Failure<Never>> {
    if envelope.livemode != live {
        return Ok(payments::record(db, envelope, raw, live).await?);
    }
    let received = db.transaction(async |tx| {
        let outcome = apply(tx, payload, 0).await?;
        // Last, so that its row is written once. If the event is stored already, this undoes the effect.
        payments::insert_with_outcome(tx, envelope, raw, &outcome).await?;
        outcome.log(&envelope.id);
        Ok(())
    });
    match received.await {
        Err(Failure::Db(error)) if error.constraint() == Some(STORED_ONCE) => Ok(()),
        done => done,
    }
}

/// Lets a stored event take effect, once. An event that cannot yet is tried again later; one that never can is parked.
pub async fn apply_event(
    db: &Db,
    event: &str,
    payload: &EventPayload,
) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| {
        let Some(tries) = payments::lock_event(tx, event).await? else { return Ok(()) };
        let outcome = apply(tx, payload, tries).await?;
        match &outcome {
            EventOutcome::Done => payments::mark_processed(tx, event).await?,
            EventOutcome::TryLater => payments::try_later(tx, event).await?,
            EventOutcome::Parked(code, _) => payments::park(tx, event, code).await?,
        }
        outcome.log(event);
        Ok(())
    })
    .await
}

/// The effect itself, after `tries` earlier tries.
async fn apply(tx: &Tx<'_>, payload: &EventPayload, tries: i32) -> Result<EventOutcome, DbError> {
    let outcome = match payload {
        EventPayload::Payment(update) => take_payment::apply(tx, update).await,
        EventPayload::FailedAttempt(update) => take_payment::apply_failed_attempt(tx, update).await,
        EventPayload::Refund(update) => refund::apply(tx, update).await,
        EventPayload::Dispute(update) => dispute::apply(tx, update).await,
        EventPayload::Other => Ok(()),
        EventPayload::Unreadable(why) => {
            return Ok(EventOutcome::Parked("unreadable", why.clone()));
        }
    };
    match outcome {
        Ok(()) => Ok(EventOutcome::Done),
        // Stripe's event may arrive before the commit of our own row.
        Err(Failure::Refused(Refusal::NoPayment)) if tries < MAX_TRIES => {
            Ok(EventOutcome::TryLater)
        }
        Err(Failure::Refused(no)) => Ok(EventOutcome::Parked(no.code(), no.to_string())),
        Err(Failure::Db(error)) => Err(error),
    }
}
