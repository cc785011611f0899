//! What a difference between Stripe's state and ours means. Pure.

use crate::failure::{self, Kind};
use crate::id::{PaymentId, ReconciliationId, RefundId, UserId};
use crate::money::Money;
use crate::payments::dispute::{DisputeInLedger, DisputeUpdate};
use crate::payments::refund::{RefundStatus, RefundUpdate};
use crate::payments::state::PaymentUpdate;
use crate::status::PaymentIntentStatus as Status;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A comparison of our payments, refunds and disputes with Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    pub id: ReconciliationId,
    /// The user who requested it; none if it was scheduled.
    pub requested_by: Option<UserId>,
    pub requested_at: OffsetDateTime,
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
    /// How many payments, refunds and disputes of Stripe's were compared.
    pub payments: i32,
    pub refunds: i32,
    pub disputes: i32,
    /// The number of findings, of those that wait for a person, and of those that staff have acknowledged.
    pub found: i64,
    pub open: i64,
    pub acknowledged: i64,
}

/// A difference between our state and Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: FindingKind,
    /// Stripe's id of the payment, refund or dispute, or ours if Stripe has none.
    pub subject: String,
    pub ours: Option<String>,
    pub stripe: Option<String>,
    /// Whether the difference was resolved. If not, a person must look at it.
    pub healed: bool,
}

/// The longest text that a finding holds.
const MAX_TEXT_LENGTH: usize = 500;

impl Finding {
    /// A comparison that failed, for a person.
    pub(crate) fn failure(kind: FindingKind, subject: &str, why: &str) -> Self {
        // A text column cannot hold NUL.
        let told = why.chars().filter(|c| *c != '\0').take(MAX_TEXT_LENGTH).collect();
        Self { kind, subject: subject.to_owned(), ours: None, stripe: Some(told), healed: false }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Stripe has a later state of a payment than we do.
    PaymentBehind,
    /// Stripe has a payment with an id of ours that is not stored here.
    PaymentUnknown,
    /// A payment started here never reached Stripe.
    PaymentAbsent,
    /// The amounts or currencies differ, or it succeeded here and not at Stripe.
    PaymentDiffers,
    /// Stripe does not know a payment that it once named: it is gone, or belongs to another account.
    PaymentGone,
    /// Stripe has a later state of a refund than we do, or has a refund that we gave up.
    RefundBehind,
    /// A refund made at Stripe is not stored here.
    RefundMissing,
    /// The amounts or currencies differ.
    RefundDiffers,
    /// Stripe does not know a refund that it once named: it is gone, or belongs to another account.
    RefundGone,
    /// Stripe has a later state of a dispute than we do, or has moved money of it.
    DisputeBehind,
    /// A dispute is not stored here.
    DisputeMissing,
    /// A dispute was decided here and not at Stripe.
    DisputeDiffers,
    /// It could not be read, or Stripe's state could not be stored.
    NotComparable,
    /// The run could not be finished in six hours, and the next one has begun.
    NotAllCompared,
}

/// Why a request about a reconciliation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such reconciliation")]
    NotFound,
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        Kind::NotFound
    }

    fn code(&self) -> &'static str {
        "reconciliation_not_found"
    }
}

/// What is compared of a payment stored here.
#[derive(Clone, Debug)]
pub(crate) struct OurPayment {
    pub(crate) id: PaymentId,
    pub(crate) provider: Option<String>,
    pub(crate) status: Status,
    pub(crate) amount: Money,
}

/// What is compared of a refund stored here.
#[derive(Clone, Debug)]
pub(crate) struct OurRefund {
    pub(crate) id: RefundId,
    pub(crate) provider: Option<String>,
    pub(crate) status: RefundStatus,
    /// It failed without Stripe's having said so: we gave it up.
    pub(crate) failed_here: bool,
    pub(crate) amount: Money,
}

/// What to do about an entry of Stripe's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing: it agrees, or does not concern us.
    Agrees,
    /// Apply Stripe's state, as if it had come by webhook.
    Heal(FindingKind),
    /// Leave it to a person.
    Raise(FindingKind),
}

/// `ours` is the payment with the same id, Stripe's or ours.
pub(crate) fn compare_payment(ours: Option<&OurPayment>, update: &PaymentUpdate) -> Verdict {
    let update = &update.by_received_amount();
    let is_over = matches!(update.status, Status::Succeeded | Status::Canceled);
    match ours {
        // Of another program that uses the same Stripe account.
        None if update.payment.is_none() => Verdict::Agrees,
        None => Verdict::Raise(FindingKind::PaymentUnknown),
        Some(ours) if !update.is_possible_for(ours.amount) => {
            Verdict::Raise(FindingKind::PaymentDiffers)
        }
        Some(ours) if ours.status == update.status => {
            let has_other_money = ours.status == Status::Succeeded && ours.amount != update.amount;
            if has_other_money {
                Verdict::Raise(FindingKind::PaymentDiffers)
            } else {
                Verdict::Agrees
            }
        }
        Some(ours) if ours.status == Status::Succeeded => {
            Verdict::Raise(FindingKind::PaymentDiffers)
        }
        // A state that is not final may be newer here than in the list.
        Some(ours) if !is_over && ours.provider.is_some() => Verdict::Agrees,
        // We gave it up, and nobody can pay it.
        Some(ours) if !is_over && ours.status.is_final() => Verdict::Agrees,
        Some(_) => Verdict::Heal(FindingKind::PaymentBehind),
    }
}

/// `is_ours` says whether the refund is of a payment of ours.
pub(crate) fn compare_refund(
    ours: Option<&OurRefund>,
    update: &RefundUpdate,
    is_ours: bool,
) -> Verdict {
    use RefundStatus::{Canceled, Failed, Requested, Succeeded};
    match ours {
        None if !is_ours => Verdict::Agrees,
        None => Verdict::Heal(FindingKind::RefundMissing),
        Some(ours) if ours.amount != update.amount => Verdict::Raise(FindingKind::RefundDiffers),
        Some(ours) if ours.status == update.status => Verdict::Agrees,
        // We gave it up, and Stripe has it all the same.
        Some(ours) if ours.failed_here && update.status.moves_money() => {
            Verdict::Heal(FindingKind::RefundBehind)
        }
        // A refund may fail after it succeeded, and the list may be older than an event.
        Some(ours) if matches!(ours.status, Failed | Canceled) => Verdict::Agrees,
        Some(ours) => match update.status {
            Succeeded | Failed | Canceled => Verdict::Heal(FindingKind::RefundBehind),
            _ if ours.status == Requested => Verdict::Heal(FindingKind::RefundBehind),
            _ => Verdict::Agrees,
        },
    }
}

/// `is_ours` says whether the dispute is about a payment of ours.
pub(crate) fn compare_dispute(
    ours: Option<&DisputeInLedger>,
    update: &DisputeUpdate,
    is_ours: bool,
) -> Verdict {
    let lacks_funds = ours.is_some_and(|ours| ours.lacks_funds(update));
    match ours.map(|ours| &ours.dispute) {
        None if !is_ours => Verdict::Agrees,
        None => Verdict::Heal(FindingKind::DisputeMissing),
        Some(_) if lacks_funds => Verdict::Heal(FindingKind::DisputeBehind),
        Some(ours) if ours.case == update.case => Verdict::Agrees,
        Some(ours) if ours.is_superseded_by(update) => Verdict::Heal(FindingKind::DisputeBehind),
        // An event is newer than the list.
        Some(ours) if ours.as_of >= update.at => Verdict::Agrees,
        Some(_) => Verdict::Raise(FindingKind::DisputeDiffers),
    }
}

impl FindingKind {
    const ALL: [Self; 14] = [
        Self::PaymentBehind,
        Self::PaymentUnknown,
        Self::PaymentAbsent,
        Self::PaymentDiffers,
        Self::PaymentGone,
        Self::RefundBehind,
        Self::RefundMissing,
        Self::RefundDiffers,
        Self::RefundGone,
        Self::DisputeBehind,
        Self::DisputeMissing,
        Self::DisputeDiffers,
        Self::NotComparable,
        Self::NotAllCompared,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PaymentBehind => "payment_behind",
            Self::PaymentUnknown => "payment_unknown",
            Self::PaymentAbsent => "payment_absent",
            Self::PaymentDiffers => "payment_differs",
            Self::PaymentGone => "payment_gone",
            Self::RefundBehind => "refund_behind",
            Self::RefundMissing => "refund_missing",
            Self::RefundDiffers => "refund_differs",
            Self::RefundGone => "refund_gone",
            Self::DisputeBehind => "dispute_behind",
            Self::DisputeMissing => "dispute_missing",
            Self::DisputeDiffers => "dispute_differs",
            Self::NotComparable => "not_comparable",
            Self::NotAllCompared => "not_all_compared",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests;
