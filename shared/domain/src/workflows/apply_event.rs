//! Lets Stripe's events take effect, each once.

use super::{dispute, fraud_warning, refund, take_payment};
use crate::db::{Db, DbError, Tx};
use crate::failure::{Failure, Never, Refusal as _};
use crate::payments::{
    self, EventEnvelope, EventOutcome, EventPayload, EventSubject, Refusal, Relation, STORED_ONCE,
    Status,
};

/// Stores an event together with its effect, or neither. An event that is stored already changes nothing: whoever
/// stored it sees to its effect. An event of the other mode (test or live) is parked, unless it is of another account.
pub async fn receive_event(
    db: &Db,
    envelope: &EventEnvelope,
    raw: &[u8],
    live: bool,
    payload: &EventPayload,
) -> Result<(), Failure<Never>> {
    if envelope.livemode != live && *payload != EventPayload::OtherAccount {
        return Ok(payments::record(db, envelope, raw, live).await?);
    }
    let received = db.transaction(async |tx| {
        let outcome = apply(tx, payload, 0).await?;
        // Last, so that its row is written once. If the event is stored already, this undoes the effect.
        payments::insert_with_outcome(tx, envelope, raw, &outcome);
        Ok(outcome)
    });
    match received.await {
        Err(Failure::Db(error)) if error.constraint() == Some(STORED_ONCE) => Ok(()),
        done => done.map(|outcome| outcome.log(&envelope.id)),
    }
}

/// Lets a stored event take effect, once. An event that cannot yet is tried again later; one that never can is parked, and
/// so is an event of the other mode than the shop's. Returns whether the event waits for its object: retrieve that from
/// Stripe, and apply what the event means with it.
pub async fn apply_event(
    db: &Db,
    event: &str,
    payload: &EventPayload,
    live: bool,
) -> Result<bool, Failure<Never>> {
    let applied = db.transaction(async |tx| {
        let Some((tries, livemode)) = payments::lock_event(tx, event).await? else {
            return Ok(None);
        };
        let outcome = if livemode != live && *payload != EventPayload::OtherAccount {
            EventOutcome::other_mode()
        } else {
            apply(tx, payload, tries).await?
        };
        match &outcome {
            EventOutcome::Done => payments::mark_processed(tx, event),
            EventOutcome::AskStripe => {}
            EventOutcome::TryLater { pause_seconds } => {
                payments::try_later(tx, event, *pause_seconds);
            }
            EventOutcome::Parked(code, _) => payments::park(tx, event, code),
        }
        Ok(Some(outcome))
    });
    let outcome = applied.await?;
    if let Some(outcome) = &outcome {
        outcome.log(event);
    }
    Ok(outcome == Some(EventOutcome::AskStripe))
}

/// The effect itself, after `tries` earlier tries.
async fn apply(tx: &Tx<'_>, payload: &EventPayload, tries: i32) -> Result<EventOutcome, DbError> {
    let applied = match payload {
        EventPayload::Payment(update) => take_payment::apply(tx, update).await.map(drop),
        EventPayload::PaidSession(update) => match take_payment::apply(tx, update).await {
            Ok(Status::Succeeded) => Ok(()),
            Ok(_) => return Ok(EventOutcome::AskStripe),
            Err(failure) => Err(failure),
        },
        EventPayload::FailedAttempt(update) => take_payment::apply_failed_attempt(tx, update).await,
        EventPayload::Refund(update) => refund::apply(tx, update).await,
        EventPayload::Dispute(update) => dispute::apply(tx, update).await,
        EventPayload::FraudWarning(update) => fraud_warning::apply(tx, update).await,
        EventPayload::OtherAccount | EventPayload::Other => Ok(()),
        EventPayload::Reference { .. } => return Ok(EventOutcome::AskStripe),
        EventPayload::Missing { id } => {
            let parked = EventOutcome::Parked("object_missing", format!("Stripe has no {id}"));
            return without_effect(tx, payload, tries, parked).await;
        }
        EventPayload::Unreadable { why, .. } => {
            return without_effect(tx, payload, tries, EventOutcome::unreadable(why.clone())).await;
        }
    };
    match applied {
        Ok(()) => Ok(EventOutcome::Done),
        Err(Failure::Refused(no @ Refusal::NoPayment)) => {
            let parked = EventOutcome::Parked(no.code(), no.to_string());
            Ok(payments::unmatched(relation(tx, payload).await?, tries, parked))
        }
        Err(Failure::Refused(no)) => Ok(EventOutcome::Parked(no.code(), no.to_string())),
        Err(Failure::Db(error)) => Err(error),
    }
}

/// The outcome for an event that can have no effect: `parked` if it is ours, for a later try would end alike.
async fn without_effect(
    tx: &Tx<'_>,
    payload: &EventPayload,
    tries: i32,
    parked: EventOutcome,
) -> Result<EventOutcome, DbError> {
    Ok(match relation(tx, payload).await? {
        Relation::Ours => parked,
        relation => payments::unmatched(relation, tries, parked),
    })
}

/// Whose an event is. An account at Stripe may serve several programs, and each hears of the events of all.
async fn relation(tx: &Tx<'_>, payload: &EventPayload) -> Result<Relation, DbError> {
    let EventSubject { is_ours, ids, follows_payment } = payload.subject();
    // Without any id nobody can tell but a person.
    if is_ours || ids.is_empty() || payments::is_any_known(tx, &ids).await? {
        return Ok(Relation::Ours);
    }
    let may_be_ours = follows_payment && payments::is_intent_on_its_way(tx).await?;
    Ok(if may_be_ours { Relation::Unknown } else { Relation::Foreign })
}
