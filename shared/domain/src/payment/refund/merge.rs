//! What a refund can be at, and which news about it count. Pure.

use super::super::Refusal;
use crate::id::RefundId;
use crate::money::Money;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The states of a Stripe refund, and one before it: `requested`.
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

/// What Stripe says about a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundTold {
    /// Stripe's id of the refund.
    pub provider: String,
    /// Stripe's id of the PaymentIntent.
    pub intent: String,
    /// Our id, as we gave it to Stripe to keep; none if it was made in the dashboard.
    pub refund: Option<RefundId>,
    pub status: RefundStatus,
    pub amount: Money,
    /// When it was so.
    pub at: OffsetDateTime,
}

/// A refund as we know it; its row is locked.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: RefundId,
    pub(super) status: RefundStatus,
    pub(super) amount: Money,
    pub(super) told_at: Option<OffsetDateTime>,
}

impl Known {
    /// Whether what Stripe says is news. A refund that went through may fail later, never the other way round.
    pub(super) fn yields_to(&self, told: &RefundTold) -> Result<bool, Refusal> {
        if self.amount != told.amount {
            return Err(Refusal::Mismatch { ours: self.amount, told: told.amount });
        }
        let known = (self.status.finality(), self.told_at, self.status.rank());
        Ok((told.status.finality(), Some(told.at), told.status.rank()) > known)
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

    /// Whether the money is on its way back, or there.
    pub(super) fn moves_money(self) -> bool {
        matches!(self, Self::Pending | Self::RequiresAction | Self::Succeeded)
    }

    /// Whether the money stays with us after all.
    pub(super) fn gives_up(self) -> bool {
        matches!(self, Self::Failed | Self::Canceled)
    }

    fn finality(self) -> u8 {
        match self {
            Self::Requested | Self::Pending | Self::RequiresAction => 0,
            Self::Succeeded => 1,
            Self::Failed | Self::Canceled => 2,
        }
    }

    /// What counts as further, of two states reached in the same second.
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

    fn told(status: RefundStatus, second: i64) -> RefundTold {
        RefundTold {
            provider: "re_1".to_owned(),
            intent: "pi_1".to_owned(),
            refund: None,
            status,
            amount: Money { minor: 100, currency: Currency::EUR },
            at: OffsetDateTime::from_unix_timestamp(1_800_000_000 + second).unwrap(),
        }
    }

    fn after(news: &[RefundTold]) -> RefundStatus {
        let amount = Money { minor: 100, currency: Currency::EUR };
        let status = RefundStatus::Requested;
        let mut known = Known { id: RefundId::generate(), status, amount, told_at: None };
        for told in news {
            if known.yields_to(told).unwrap() {
                (known.status, known.told_at) = (told.status, Some(told.at));
            }
        }
        known.status
    }

    #[test]
    fn a_refund_may_fail_after_it_went_through_and_stays_failed() {
        use RefundStatus::{Failed, Pending, Succeeded};
        assert_eq!(after(&[told(Succeeded, 1), told(Failed, 5)]), Failed);
        assert_eq!(after(&[told(Failed, 5), told(Pending, 1), told(Succeeded, 1)]), Failed);
    }

    proptest! {
        #[test]
        fn the_same_news_in_any_order_end_alike(
            story in prop::collection::vec((0..6_usize, 0..4_i64), 1..7),
            seed: u64,
        ) {
            let story: Vec<_> =
                story.into_iter().map(|(s, at)| told(RefundStatus::ALL[s], at)).collect();
            let mut shuffled = story.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            shuffled.extend(story.iter().cloned());
            prop_assert_eq!(after(&story), after(&shuffled));
        }
    }

    #[test]
    fn later_and_further_is_news_and_a_failure_is_the_last_of_them() {
        use RefundStatus::{Canceled, Failed, Pending, RequiresAction, Succeeded};
        for (known, news, is_news) in [
            (told(Pending, 5), told(Pending, 6), true),
            (told(Pending, 5), told(RequiresAction, 4), false),
            (told(Pending, 5), told(RequiresAction, 5), true),
            (told(RequiresAction, 5), told(Pending, 5), false),
            (told(Pending, 5), told(Pending, 5), false),
            (told(Pending, 5), told(Succeeded, 1), true),
            (told(Succeeded, 5), told(Pending, 9), false),
            (told(Succeeded, 5), told(Failed, 1), true),
            (told(Failed, 5), told(Succeeded, 9), false),
            (told(Canceled, 5), told(Failed, 5), true),
        ] {
            let (status, told_at, amount) = (known.status, Some(known.at), known.amount);
            let ours = Known { id: RefundId::generate(), status, amount, told_at };
            assert_eq!(ours.yields_to(&news), Ok(is_news), "{known:?} {news:?}");
        }
    }

    #[test]
    fn another_amount_is_no_news_but_an_alarm() {
        let (status, news) = (RefundStatus::Requested, told(RefundStatus::Succeeded, 1));
        let amount = Money { minor: 99, ..news.amount };
        let ours = Known { id: RefundId::generate(), status, amount, told_at: None };
        let alarm = Refusal::Mismatch { ours: amount, told: news.amount };
        assert_eq!(ours.yields_to(&news), Err(alarm));
    }

    #[test]
    fn a_refund_moves_money_or_gives_up_or_was_only_wished_for() {
        use RefundStatus::{Canceled, Failed, Pending, RequiresAction, Succeeded};
        let are =
            |is: fn(RefundStatus) -> bool| RefundStatus::ALL.into_iter().filter(move |s| is(*s));
        assert!(are(RefundStatus::moves_money).eq([Pending, RequiresAction, Succeeded]));
        assert!(are(RefundStatus::gives_up).eq([Canceled, Failed]));
        for status in RefundStatus::ALL {
            assert_eq!(RefundStatus::from_name(status.name()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }
}
