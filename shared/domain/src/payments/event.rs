//! Stripe's events: each is stored together with its effect or before it, and takes effect once.

mod outcome;
mod sql;

pub(crate) use outcome::{EventOutcome, Relation, unmatched};
pub(crate) use sql::{
    insert_with_outcome, is_any_known, is_intent_on_its_way, lock_event, mark_object_processed,
    mark_processed, park, try_later,
};

use super::dispute::DisputeUpdate;
use super::fraud_warning::FraudWarningUpdate;
use super::refund::RefundUpdate;
use super::state::PaymentUpdate;
use crate::db::{Db, DbError};
use outcome::{MAX_TRIES, OTHER_MODE};
use time::OffsetDateTime;

pub(crate) use sql::ALL as ALL_QUERIES;

/// The fields that every event of Stripe's has, whether or not we can read its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventEnvelope {
    pub id: String,
    pub kind: String,
    pub object_id: Option<String>,
    pub created: OffsetDateTime,
    pub livemode: bool,
    pub api_version: Option<String>,
    /// Whether it is of another account, such as one that is connected to ours.
    pub is_of_other_account: bool,
}

/// What an event means for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventPayload {
    Payment(PaymentUpdate),
    /// A Checkout Session is paid. What was received only its PaymentIntent says: by its own event, or when the session is
    /// retrieved. Until then the payment is processing.
    PaidSession(PaymentUpdate),
    /// An attempt to pay failed; the payment waits for another.
    FailedAttempt(PaymentUpdate),
    Refund(RefundUpdate),
    Dispute(DisputeUpdate),
    FraudWarning(FraudWarningUpdate),
    /// A thin event: its object has to be retrieved from Stripe before it can take effect.
    Reference {
        object: StripeObject,
        id: String,
    },
    /// Stripe has no object of ours with this id of its own.
    Missing {
        id: String,
    },
    /// Of another account. It never has an effect, whatever its object says.
    OtherAccount,
    /// Stored, without effect.
    Other,
    /// Of a kind that may concern us, in a form that we cannot read.
    Unreadable {
        subject: EventSubject,
        why: String,
    },
}

/// The kinds of Stripe's objects whose events have an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripeObject {
    PaymentIntent,
    CheckoutSession,
    Refund,
    Dispute,
    EarlyFraudWarning,
    Review,
}

/// By which ids an event can be recognised as ours, whatever else its object says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventSubject {
    /// Its object carries an id of ours, as everything does that we create at Stripe.
    pub is_ours: bool,
    /// Stripe's ids of the object and of its PaymentIntent.
    pub ids: Vec<String>,
    /// It follows a payment, whose id at Stripe may not be stored here yet.
    pub follows_payment: bool,
}

/// A stored event that is to take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    pub id: String,
    pub raw: Vec<u8>,
}

/// The outcome of a request to replay an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replay {
    /// It is due now.
    Due,
    /// It has taken effect already.
    Done,
    Unknown,
}

/// The constraint by which an event is stored once.
pub(crate) const STORED_ONCE: &str = "stripe_events_pkey";
/// The type of a stored body that is not an event, and why it is parked.
const UNREADABLE: &str = "unreadable";

impl EventPayload {
    /// The object to retrieve from Stripe if the event cannot take effect without it, and its id there.
    pub fn object_at_stripe(&self) -> Option<(StripeObject, &str)> {
        match self {
            Self::Reference { object, id } => Some((*object, id)),
            Self::PaidSession(update) => {
                Some((StripeObject::CheckoutSession, update.session.as_deref()?))
            }
            _ => None,
        }
    }

    /// What it is about, if it has a subject.
    pub(crate) fn subject(&self) -> EventSubject {
        let follows_payment = |is_ours, provider: &str, intent: &str| EventSubject {
            is_ours,
            ids: vec![provider.to_owned(), intent.to_owned()],
            follows_payment: true,
        };
        match self {
            Self::Payment(update) | Self::PaidSession(update) | Self::FailedAttempt(update) => {
                EventSubject {
                    is_ours: update.payment.is_some(),
                    ids: update.provider.iter().chain(&update.session).cloned().collect(),
                    follows_payment: false,
                }
            }
            Self::Refund(update) => {
                follows_payment(update.refund.is_some(), &update.provider, &update.intent)
            }
            Self::Dispute(update) => follows_payment(false, &update.provider, &update.intent),
            Self::FraudWarning(update) => follows_payment(false, &update.provider, &update.intent),
            Self::Reference { id, .. } | Self::Missing { id } => {
                EventSubject { ids: vec![id.clone()], ..EventSubject::default() }
            }
            Self::Unreadable { subject, .. } => subject.clone(),
            Self::OtherAccount | Self::Other => EventSubject::default(),
        }
    }
}

/// Stores an event without its effect, which the sweep will see to. An event of the other mode (test or live) is parked
/// until it is replayed in a shop of its mode, unless it is of another account and so never has an effect.
pub async fn record(
    db: &Db,
    envelope: &EventEnvelope,
    raw: &[u8],
    live: bool,
) -> Result<(), DbError> {
    let is_other_mode = envelope.livemode != live && !envelope.is_of_other_account;
    sql::record(db, envelope, raw, is_other_mode.then_some(OTHER_MODE)).await?;
    if is_other_mode {
        EventOutcome::other_mode().log(&envelope.id);
    }
    Ok(())
}

/// Stores and parks a signed body that is not an event, once. `id` stands for its bytes, `why` is what is wrong with it.
pub async fn record_unreadable(
    db: &Db,
    id: String,
    raw: &[u8],
    live: bool,
    now: OffsetDateTime,
    why: String,
) -> Result<(), DbError> {
    let envelope = EventEnvelope {
        id,
        kind: UNREADABLE.to_owned(),
        object_id: None,
        created: now,
        livemode: live,
        api_version: None,
        is_of_other_account: false,
    };
    if sql::record(db, &envelope, raw, Some(UNREADABLE)).await? {
        EventOutcome::unreadable(why).log(&envelope.id);
    }
    Ok(())
}

/// Up to `limit` stored events that are due to take effect.
pub async fn due_events(db: &Db, limit: u8) -> Result<Vec<StoredEvent>, DbError> {
    sql::due_events(db, limit).await
}

/// Up to `limit` events that still hold all that Stripe sent, as a release from before stored them. The caller passes what
/// is to be kept of each to [`minimize`].
pub async fn events_to_minimize(db: &Db, limit: u8) -> Result<Vec<StoredEvent>, DbError> {
    sql::not_minimized(db, limit).await
}

/// Stores what is kept of an event in place of all that Stripe sent.
pub async fn minimize(db: &Db, event: &str, raw: &[u8]) -> Result<(), DbError> {
    sql::minimize(db, event, raw).await
}

/// Postpones an event whose effect failed on our side or at Stripe's. One that keeps failing is parked.
pub async fn put_off(db: &Db, event: &str) -> Result<(), DbError> {
    if sql::put_off(db, event, MAX_TRIES).await? {
        EventOutcome::failing().log(event);
    }
    Ok(())
}

/// Postpones an event about which Stripe was not asked or did not answer. That is not the event's fault, however long it
/// lasts, so it is never parked for it.
pub async fn postpone(db: &Db, event: &str) -> Result<(), DbError> {
    sql::postpone(db, event).await
}

/// Makes an event due now that waits or is parked, and resets the count of its tries.
pub(crate) async fn replay(db: &Db, event: &str) -> Result<Replay, DbError> {
    if sql::make_due(db, event).await? {
        return Ok(Replay::Due);
    }
    let is_processed = sql::is_processed(db, event).await?;
    Ok(if is_processed.is_some() { Replay::Done } else { Replay::Unknown })
}
