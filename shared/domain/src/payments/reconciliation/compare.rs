//! What a difference between Stripe's state and ours means. Pure.

use crate::failure::{self, Kind};
use crate::id::{PaymentId, ReconciliationId, RefundId, UserId};
use crate::money::Money;
use crate::payments::refund::{RefundStatus, RefundUpdate};
use crate::payments::state::PaymentUpdate;
use crate::status::PaymentIntentStatus as Status;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A comparison of our payments and refunds with Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    pub id: ReconciliationId,
    /// The user who requested it; none if it was scheduled.
    pub requested_by: Option<UserId>,
    pub requested_at: OffsetDateTime,
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
    /// How many payments and refunds of Stripe's were compared.
    pub payments: i32,
    pub refunds: i32,
    /// The number of findings, and of those that wait for a person.
    pub found: i64,
    pub open: i64,
}

/// A difference between our state and Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: FindingKind,
    /// Stripe's id of the payment or refund, or ours if Stripe has none.
    pub subject: String,
    pub ours: Option<String>,
    pub stripe: Option<String>,
    /// Whether the difference was resolved. If not, a person must look at it.
    pub healed: bool,
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
    /// Stripe has a later state of a refund than we do.
    RefundBehind,
    /// A refund made at Stripe is not stored here.
    RefundMissing,
    /// The amounts or currencies differ.
    RefundDiffers,
    /// Only of old runs: there was more than one run could compare.
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
    let is_over = matches!(update.status, Status::Succeeded | Status::Canceled);
    match ours {
        // Of another program that uses the same Stripe account.
        None if update.payment.is_none() => Verdict::Agrees,
        None => Verdict::Raise(FindingKind::PaymentUnknown),
        Some(ours) if ours.amount != update.amount => Verdict::Raise(FindingKind::PaymentDiffers),
        Some(ours) if ours.status == update.status => Verdict::Agrees,
        Some(ours) if ours.status == Status::Succeeded => {
            Verdict::Raise(FindingKind::PaymentDiffers)
        }
        // A state that is not final may be newer here than in the list.
        Some(ours) if !is_over && ours.provider.is_some() => Verdict::Agrees,
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
        // A refund may fail after it succeeded, and the list may be older than an event.
        Some(ours) if matches!(ours.status, Failed | Canceled) => Verdict::Agrees,
        Some(ours) => match update.status {
            Succeeded | Failed | Canceled => Verdict::Heal(FindingKind::RefundBehind),
            _ if ours.status == Requested => Verdict::Heal(FindingKind::RefundBehind),
            _ => Verdict::Agrees,
        },
    }
}

impl FindingKind {
    const ALL: [Self; 8] = [
        Self::PaymentBehind,
        Self::PaymentUnknown,
        Self::PaymentAbsent,
        Self::PaymentDiffers,
        Self::RefundBehind,
        Self::RefundMissing,
        Self::RefundDiffers,
        Self::NotAllCompared,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PaymentBehind => "payment_behind",
            Self::PaymentUnknown => "payment_unknown",
            Self::PaymentAbsent => "payment_absent",
            Self::PaymentDiffers => "payment_differs",
            Self::RefundBehind => "refund_behind",
            Self::RefundMissing => "refund_missing",
            Self::RefundDiffers => "refund_differs",
            Self::NotAllCompared => "not_all_compared",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn euros(minor: i64) -> Money {
        Money { minor, currency: Currency::EUR }
    }

    fn update(status: Status, payment: Option<PaymentId>) -> PaymentUpdate {
        let at = OffsetDateTime::UNIX_EPOCH;
        PaymentUpdate {
            provider: Some("pi_1".to_owned()),
            session: None,
            payment,
            status,
            amount: euros(5),
            at,
        }
    }

    fn ours(status: Status, minor: i64) -> OurPayment {
        let provider = (status != Status::Creating).then(|| "pi_1".to_owned());
        OurPayment { id: PaymentId::generate(), provider, status, amount: euros(minor) }
    }

    #[test]
    fn only_what_is_over_at_stripe_and_not_here_is_taken_over() {
        use Status::{Canceled, Creating, Failed, Processing, RequiresPaymentMethod, Succeeded};
        let behind = Verdict::Heal(FindingKind::PaymentBehind);
        let differs = Verdict::Raise(FindingKind::PaymentDiffers);
        for (here, there, verdict) in [
            (RequiresPaymentMethod, Succeeded, behind),
            (Processing, Canceled, behind),
            (Failed, Succeeded, behind),
            // Stripe's response to our request was lost.
            (Creating, RequiresPaymentMethod, behind),
            (Succeeded, Succeeded, Verdict::Agrees),
            (RequiresPaymentMethod, Processing, Verdict::Agrees),
            (Succeeded, Canceled, differs),
        ] {
            let found = compare_payment(Some(&ours(here, 5)), &update(there, None));
            assert_eq!(found, verdict, "{here:?} {there:?}");
        }
        assert_eq!(compare_payment(Some(&ours(Processing, 6)), &update(Succeeded, None)), differs);
    }

    #[test]
    fn a_payment_of_somebody_else_is_none_of_our_business() {
        let unknown = Verdict::Raise(FindingKind::PaymentUnknown);
        assert_eq!(compare_payment(None, &update(Status::Succeeded, None)), Verdict::Agrees);
        let of_ours = update(Status::Succeeded, Some(PaymentId::generate()));
        assert_eq!(compare_payment(None, &of_ours), unknown);
    }

    #[test]
    fn a_kind_reads_as_it_was_written() {
        for kind in FindingKind::ALL {
            assert_eq!(FindingKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(failure::Refusal::code(&Refusal::NotFound), "reconciliation_not_found");
    }

    #[test]
    fn a_refund_is_taken_over_unless_it_failed_here_or_is_not_over_there() {
        use RefundStatus::{Canceled, Failed, Pending, Requested, RequiresAction, Succeeded};
        let update = |status| RefundUpdate {
            provider: "re_1".to_owned(),
            intent: "pi_1".to_owned(),
            refund: None,
            status,
            amount: euros(5),
            at: OffsetDateTime::UNIX_EPOCH,
        };
        let ours = |status, minor| {
            let (id, provider) = (RefundId::generate(), Some("re_1".to_owned()));
            OurRefund { id, provider, status, amount: euros(minor) }
        };
        let behind = Verdict::Heal(FindingKind::RefundBehind);
        for (here, there, verdict) in [
            (Requested, Pending, behind),
            (Requested, Succeeded, behind),
            (Pending, Succeeded, behind),
            (Succeeded, Failed, behind),
            (Pending, Canceled, behind),
            (Pending, Pending, Verdict::Agrees),
            (Succeeded, Succeeded, Verdict::Agrees),
            (Pending, RequiresAction, Verdict::Agrees),
            (Failed, Succeeded, Verdict::Agrees),
            (Canceled, Pending, Verdict::Agrees),
        ] {
            let found = compare_refund(Some(&ours(here, 5)), &update(there), true);
            assert_eq!(found, verdict, "{here:?} {there:?}");
        }
        let differs = Verdict::Raise(FindingKind::RefundDiffers);
        assert_eq!(compare_refund(Some(&ours(Pending, 6)), &update(Pending), true), differs);
        let missing = Verdict::Heal(FindingKind::RefundMissing);
        assert_eq!(compare_refund(None, &update(Succeeded), true), missing);
        assert_eq!(compare_refund(None, &update(Succeeded), false), Verdict::Agrees);
    }
}
