//! What it means if Stripe's books and ours do not agree. Pure.

use crate::failure::{self, Kind};
use crate::id::{PaymentId, ReconciliationId, RefundId, UserId};
use crate::money::Money;
use crate::payment::refund::{RefundStatus, RefundTold};
use crate::payment::{Status, Told};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A comparison of our books with Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    pub id: ReconciliationId,
    /// Nobody if it was time.
    pub requested_by: Option<UserId>,
    pub requested_at: OffsetDateTime,
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
    /// How many payments and refunds of Stripe's were compared.
    pub payments: i32,
    pub refunds: i32,
    /// How many findings there are, and how many of them wait for a person.
    pub found: i64,
    pub open: i64,
}

/// Something in which the books did not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: FindingKind,
    /// Stripe's id of it, or ours if Stripe has none.
    pub subject: String,
    pub ours: Option<String>,
    pub told: Option<String>,
    /// Whether they agree now. If not, a person must look.
    pub healed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A payment went on at Stripe, and we were not told.
    PaymentBehind,
    /// Stripe has a payment under an id of ours that we do not have.
    PaymentUnknown,
    /// We began a payment that never reached Stripe.
    PaymentAbsent,
    /// The amounts or the currencies differ, or we have money that Stripe does not know of.
    PaymentDiffers,
    /// A refund went on at Stripe, and we were not told.
    RefundBehind,
    /// A refund that somebody made at Stripe, and we were not told.
    RefundMissing,
    /// The amounts or the currencies differ.
    RefundDiffers,
    /// There were more than one run could compare. Runs go on now; this is kept of older ones.
    NotAllCompared,
}

/// Why the shop says no about a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such reconciliation")]
    NotFound,
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        Kind::Missing
    }

    fn code(&self) -> &'static str {
        "reconciliation_not_found"
    }
}

/// A payment of ours.
#[derive(Clone, Debug)]
pub(super) struct OurPayment {
    pub(super) id: PaymentId,
    pub(super) provider: Option<String>,
    pub(super) status: Status,
    pub(super) amount: Money,
}

/// A refund of ours.
#[derive(Clone, Debug)]
pub(super) struct OurRefund {
    pub(super) id: RefundId,
    pub(super) provider: Option<String>,
    pub(super) status: RefundStatus,
    pub(super) amount: Money,
}

/// What to do about something that Stripe shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Agrees,
    /// Take Stripe's word, as if it had come by webhook.
    Heal(FindingKind),
    /// Leave it to a person.
    Raise(FindingKind),
}

/// `ours` is the payment of the same name at Stripe or here.
pub(super) fn payment(ours: Option<&OurPayment>, told: &Told) -> Verdict {
    let is_over = matches!(told.status, Status::Succeeded | Status::Canceled);
    match ours {
        // Somebody else's business, at the same Stripe account.
        None if told.payment.is_none() => Verdict::Agrees,
        None => Verdict::Raise(FindingKind::PaymentUnknown),
        Some(ours) if ours.amount != told.amount => Verdict::Raise(FindingKind::PaymentDiffers),
        Some(ours) if ours.status == told.status => Verdict::Agrees,
        Some(ours) if ours.status == Status::Succeeded => {
            Verdict::Raise(FindingKind::PaymentDiffers)
        }
        // What is not over may be newer here than in the list.
        Some(ours) if !is_over && ours.provider.is_some() => Verdict::Agrees,
        Some(_) => Verdict::Heal(FindingKind::PaymentBehind),
    }
}

/// `is_ours` says whether the refund is of a payment of ours.
pub(super) fn refund(ours: Option<&OurRefund>, told: &RefundTold, is_ours: bool) -> Verdict {
    use RefundStatus::{Canceled, Failed, Requested, Succeeded};
    match ours {
        None if !is_ours => Verdict::Agrees,
        None => Verdict::Heal(FindingKind::RefundMissing),
        Some(ours) if ours.amount != told.amount => Verdict::Raise(FindingKind::RefundDiffers),
        Some(ours) if ours.status == told.status => Verdict::Agrees,
        // A refund may fail after it went through, and a list may be older than an event.
        Some(ours) if matches!(ours.status, Failed | Canceled) => Verdict::Agrees,
        Some(ours) => match told.status {
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

    pub(super) fn name(self) -> &'static str {
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

    fn told(status: Status, payment: Option<PaymentId>) -> Told {
        let at = OffsetDateTime::UNIX_EPOCH;
        Told {
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
            // Stripe's answer to our wish was lost.
            (Creating, RequiresPaymentMethod, behind),
            (Succeeded, Succeeded, Verdict::Agrees),
            (RequiresPaymentMethod, Processing, Verdict::Agrees),
            (Succeeded, Canceled, differs),
        ] {
            let found = payment(Some(&ours(here, 5)), &told(there, None));
            assert_eq!(found, verdict, "{here:?} {there:?}");
        }
        assert_eq!(payment(Some(&ours(Processing, 6)), &told(Succeeded, None)), differs);
    }

    #[test]
    fn a_payment_of_somebody_else_is_none_of_our_business() {
        let unknown = Verdict::Raise(FindingKind::PaymentUnknown);
        assert_eq!(payment(None, &told(Status::Succeeded, None)), Verdict::Agrees);
        let of_ours = told(Status::Succeeded, Some(PaymentId::generate()));
        assert_eq!(payment(None, &of_ours), unknown);
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
        let told = |status| RefundTold {
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
            let found = refund(Some(&ours(here, 5)), &told(there), true);
            assert_eq!(found, verdict, "{here:?} {there:?}");
        }
        let differs = Verdict::Raise(FindingKind::RefundDiffers);
        assert_eq!(refund(Some(&ours(Pending, 6)), &told(Pending), true), differs);
        let missing = Verdict::Heal(FindingKind::RefundMissing);
        assert_eq!(refund(None, &told(Succeeded), true), missing);
        assert_eq!(refund(None, &told(Succeeded), false), Verdict::Agrees);
    }
}
