//! The states of refunds, and which of Stripe's updates count. Pure.

use super::super::Refusal;
use crate::id::RefundId;
use crate::money::Money;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The states of a refund at Stripe, and one before it: `requested`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    Requested,
    Pending,
    RequiresAction,
    Succeeded,
    Failed,
    Canceled,
}

/// The state of a refund as Stripe reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundUpdate {
    /// Stripe's id of the refund.
    pub provider: String,
    /// Stripe's id of the PaymentIntent.
    pub intent: String,
    /// Our id, from the object's metadata; none if it was made in the dashboard.
    pub refund: Option<RefundId>,
    pub status: RefundStatus,
    pub amount: Money,
    /// Stripe's `failure_reason`, such as `expired_or_canceled_card`.
    pub failure_reason: Option<String>,
    /// Stripe's `pending_reason`, such as `insufficient_funds`.
    pub pending_reason: Option<String>,
    /// When this was the state.
    pub at: OffsetDateTime,
}

/// A refund's row, locked.
#[derive(Clone, Debug)]
pub(crate) struct LockedRefund {
    pub(crate) id: RefundId,
    pub(crate) status: RefundStatus,
    pub(crate) amount: Money,
    pub(crate) as_of: Option<OffsetDateTime>,
}

impl LockedRefund {
    /// Whether the update replaces what is stored. A refund that succeeded may fail later, never the other way round. One
    /// that failed here, because Stripe refused it, yields to whatever Stripe reports.
    pub(crate) fn is_superseded_by(&self, update: &RefundUpdate) -> Result<bool, Refusal> {
        if self.amount != update.amount {
            return Err(Refusal::Mismatch { ours: self.amount, stripe: update.amount });
        }
        if self.status == RefundStatus::Failed && self.as_of.is_none() {
            return Ok(true);
        }
        let known = (self.status.finality(), self.as_of, self.status.rank());
        Ok((update.status.finality(), Some(update.at), update.status.rank()) > known)
    }
}

impl RefundStatus {
    const ALL: [Self; 6] = [
        Self::Requested,
        Self::Pending,
        Self::RequiresAction,
        Self::Succeeded,
        Self::Canceled,
        Self::Failed,
    ];

    /// As Stripe writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Pending => "pending",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether the money is being paid back, or was.
    pub(crate) fn moves_money(self) -> bool {
        matches!(self, Self::Pending | Self::RequiresAction | Self::Succeeded)
    }

    /// Whether the money stays with the shop, or came back to it.
    pub(crate) fn returns_money(self) -> bool {
        matches!(self, Self::Failed | Self::Canceled)
    }

    fn finality(self) -> u8 {
        match self {
            Self::Requested | Self::Pending | Self::RequiresAction => 0,
            Self::Succeeded => 1,
            Self::Failed | Self::Canceled => 2,
        }
    }

    /// Which of two states of the same second is the later one.
    fn rank(self) -> u8 {
        match self {
            Self::Requested => 0,
            Self::Pending => 1,
            Self::RequiresAction => 2,
            Self::Succeeded => 3,
            Self::Canceled => 4,
            Self::Failed => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn update(status: RefundStatus, second: i64) -> RefundUpdate {
        RefundUpdate {
            provider: "re_1".to_owned(),
            intent: "pi_1".to_owned(),
            refund: None,
            status,
            amount: Money { minor: 100, currency: Currency::EUR },
            failure_reason: None,
            pending_reason: None,
            at: OffsetDateTime::from_unix_timestamp(1_800_000_000 + second).unwrap(),
        }
    }

    fn after(updates: &[RefundUpdate]) -> RefundStatus {
        let amount = Money { minor: 100, currency: Currency::EUR };
        let status = RefundStatus::Requested;
        let mut known = LockedRefund { id: RefundId::generate(), status, amount, as_of: None };
        for update in updates {
            if known.is_superseded_by(update).unwrap() {
                (known.status, known.as_of) = (update.status, Some(update.at));
            }
        }
        known.status
    }

    #[test]
    fn a_refund_may_fail_after_it_went_through_and_stays_failed() {
        use RefundStatus::{Failed, Pending, Succeeded};
        assert_eq!(after(&[update(Succeeded, 1), update(Failed, 5)]), Failed);
        assert_eq!(after(&[update(Failed, 5), update(Pending, 1), update(Succeeded, 1)]), Failed);
    }

    proptest! {
        #[test]
        fn the_same_news_in_any_order_end_alike(
            story in prop::collection::vec((0..6_usize, 0..4_i64), 1..7),
            seed: u64,
        ) {
            let story: Vec<_> =
                story.into_iter().map(|(s, at)| update(RefundStatus::ALL[s], at)).collect();
            let mut shuffled = story.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            shuffled.extend(story.iter().cloned());
            prop_assert_eq!(after(&story), after(&shuffled));
        }
    }

    #[test]
    fn later_and_further_is_news_and_a_failure_is_the_last_of_them() {
        use RefundStatus::{Canceled, Failed, Pending, RequiresAction, Succeeded};
        for (known, new, is_new) in [
            (update(Pending, 5), update(Pending, 6), true),
            (update(Pending, 5), update(RequiresAction, 4), false),
            (update(Pending, 5), update(RequiresAction, 5), true),
            (update(RequiresAction, 5), update(Pending, 5), false),
            (update(Pending, 5), update(Pending, 5), false),
            (update(Pending, 5), update(Succeeded, 1), true),
            (update(Succeeded, 5), update(Pending, 9), false),
            (update(Succeeded, 5), update(Failed, 1), true),
            (update(Failed, 5), update(Succeeded, 9), false),
            (update(Canceled, 5), update(Failed, 5), true),
        ] {
            let (status, as_of, amount) = (known.status, Some(known.at), known.amount);
            let ours = LockedRefund { id: RefundId::generate(), status, amount, as_of };
            assert_eq!(ours.is_superseded_by(&new), Ok(is_new), "{known:?} {new:?}");
        }
    }

    #[test]
    fn another_amount_is_no_news_but_an_alarm() {
        let (status, new) = (RefundStatus::Requested, update(RefundStatus::Succeeded, 1));
        let amount = Money { minor: 99, ..new.amount };
        let ours = LockedRefund { id: RefundId::generate(), status, amount, as_of: None };
        let alarm = Refusal::Mismatch { ours: amount, stripe: new.amount };
        assert_eq!(ours.is_superseded_by(&new), Err(alarm));
    }

    #[test]
    fn a_refund_that_stripe_refused_yields_to_what_stripe_reports_and_one_that_stripe_failed_does_not()
     {
        use RefundStatus::{Failed, Pending, Succeeded};
        let amount = Money { minor: 100, currency: Currency::EUR };
        let refused =
            |as_of| LockedRefund { id: RefundId::generate(), status: Failed, amount, as_of };
        for status in [Pending, Succeeded, Failed] {
            assert_eq!(refused(None).is_superseded_by(&update(status, 1)), Ok(true), "{status:?}");
        }
        let failed_at_stripe = refused(Some(update(Failed, 5).at));
        assert_eq!(failed_at_stripe.is_superseded_by(&update(Succeeded, 9)), Ok(false));
    }

    #[test]
    fn a_refund_moves_money_or_returns_money_or_was_only_wished_for() {
        use RefundStatus::{Canceled, Failed, Pending, RequiresAction, Succeeded};
        let are =
            |is: fn(RefundStatus) -> bool| RefundStatus::ALL.into_iter().filter(move |s| is(*s));
        assert!(are(RefundStatus::moves_money).eq([Pending, RequiresAction, Succeeded]));
        assert!(are(RefundStatus::returns_money).eq([Canceled, Failed]));
        for status in RefundStatus::ALL {
            assert_eq!(RefundStatus::from_name(status.name()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }
}
