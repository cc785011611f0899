//! What a payment can be at, and which news about it count. Pure.

use super::refusal::Refusal;
use crate::id::{OrderId, PaymentId, UserId};
use crate::money::Money;
use crate::ordering::{self, Bill};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The states of a Stripe PaymentIntent, one before it (`creating`) and one for an intent that never came to be (`failed`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentIntentStatus)]
pub enum Status {
    Creating,
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Processing,
    Failed,
    Canceled,
    Succeeded,
}

/// What Stripe says about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Stripe's id of the PaymentIntent. Its own page makes one only when the buyer pays.
    pub provider: Option<String>,
    /// Stripe's id of the checkout session, if it spoke of that.
    pub session: Option<String>,
    /// Our id, as we gave it to Stripe to keep.
    pub payment: Option<PaymentId>,
    pub status: Status,
    pub amount: Money,
    /// When it was so.
    pub at: OffsetDateTime,
}

/// A try to pay an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub order: OrderId,
    pub buyer: UserId,
    pub amount: Money,
    /// What was given back of it.
    pub refunded: Money,
    pub status: Status,
    /// Stripe's id of the PaymentIntent, once it told us.
    pub provider: Option<String>,
    /// Stripe's id of the checkout session, if it is made on Stripe's page.
    pub session: Option<String>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// A payment as we know it; its row is locked.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: PaymentId,
    pub(super) provider: Option<String>,
    pub(super) session: Option<String>,
    /// The buyer chose another way to pay.
    pub(super) is_replaced: bool,
    pub(super) status: Status,
    pub(super) amount: Money,
    pub(super) told_at: Option<OffsetDateTime>,
}

/// Only a pending order that nobody wants to end, and whose time has not come.
pub(super) fn may_be_paid(bill: &Bill) -> Result<(), Refusal> {
    if bill.status != ordering::Status::Pending {
        return Err(Refusal::NotPayable(bill.status));
    }
    if bill.is_ending() {
        return Err(Refusal::Ending);
    }
    Ok(())
}

impl Known {
    /// Whether what Stripe says is news. Whatever the order in which the same news come, the same one stands in the end.
    pub(super) fn yields_to(&self, told: &Told) -> Result<bool, Refusal> {
        let differ = |known: &Option<String>, told: &Option<String>| {
            known.is_some() && told.is_some() && known != told
        };
        if differ(&self.provider, &told.provider) || differ(&self.session, &told.session) {
            return Err(Refusal::NoPayment);
        }
        if self.amount != told.amount {
            return Err(Refusal::Mismatch { ours: self.amount, told: told.amount });
        }
        let known = (self.status.finality(), self.told_at, self.status.rank());
        let news = (told.status.finality(), Some(told.at), told.status.rank());
        Ok(if self.status.finality() > 0 { news.0 > known.0 } else { news > known })
    }
}

impl Status {
    pub(crate) const ALL: [Self; 9] = [
        Self::Creating,
        Self::RequiresPaymentMethod,
        Self::RequiresConfirmation,
        Self::RequiresAction,
        Self::RequiresCapture,
        Self::Processing,
        Self::Failed,
        Self::Canceled,
        Self::Succeeded,
    ];

    /// As Stripe writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Processing => "processing",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Succeeded => "succeeded",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether nothing more can come of it.
    pub fn is_final(self) -> bool {
        self.finality() > 0
    }

    /// Zero while anything can still happen. Money that was taken outweighs every other end.
    fn finality(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Canceled => 2,
            Self::Succeeded => 3,
            _ => 0,
        }
    }

    /// What counts as further, of two states reached in the same second.
    fn rank(self) -> u8 {
        match self {
            Self::Creating => 0,
            Self::RequiresPaymentMethod => 1,
            Self::RequiresConfirmation => 2,
            Self::RequiresAction => 3,
            Self::RequiresCapture => 4,
            Self::Processing => 5,
            Self::Failed | Self::Canceled | Self::Succeeded => 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn euros(minor: i64) -> Money {
        Money { minor, currency: Currency::EUR }
    }

    fn told(status: Status, second: i64) -> Told {
        let at = OffsetDateTime::from_unix_timestamp(1_800_000_000 + second).unwrap();
        let (provider, session) = (Some("pi_1".to_owned()), None);
        Told { provider, session, payment: None, status, amount: euros(100), at }
    }

    fn fresh() -> Known {
        let id = PaymentId::generate();
        Known {
            id,
            provider: None,
            session: None,
            is_replaced: false,
            status: Status::Creating,
            amount: euros(100),
            told_at: None,
        }
    }

    fn after(news: &[Told]) -> Status {
        let mut known = fresh();
        for told in news {
            if known.yields_to(told).unwrap() {
                known.status = told.status;
                known.told_at = Some(told.at);
            }
        }
        known.status
    }

    #[test]
    fn money_taken_outweighs_a_failed_try_that_is_told_later() {
        let story = [told(Status::Succeeded, 5), told(Status::RequiresPaymentMethod, 9)];
        assert_eq!(after(&story), Status::Succeeded);
    }

    #[test]
    fn another_amount_is_no_news_but_an_alarm() {
        let news = Told { amount: euros(99), ..told(Status::Succeeded, 1) };
        assert!(matches!(fresh().yields_to(&news), Err(Refusal::Mismatch { .. })));
    }

    proptest! {
        #[test]
        fn the_same_news_in_any_order_end_alike(
            story in prop::collection::vec((0..9_usize, 0..4_i64), 1..7),
            seed: u64,
        ) {
            let story: Vec<_> = story.into_iter().map(|(s, at)| told(Status::ALL[s], at)).collect();
            let mut shuffled = story.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            shuffled.extend(story.iter().cloned());
            prop_assert_eq!(after(&story), after(&shuffled));
        }
    }

    #[test]
    fn only_a_pending_order_that_is_not_ending_may_be_paid() {
        use ordering::{
            CancelReason,
            Status::{Cancelled, Confirmed, Pending, Shipped},
        };
        let order = OrderId::generate();
        let may = |status, cancel_reason, is_due| {
            let total = euros(100);
            may_be_paid(&Bill { order, status, total, cancel_reason, on_hold: false, is_due })
        };

        assert_eq!(may(Pending, None, false), Ok(()));
        assert_eq!(may(Pending, None, true), Err(Refusal::Ending));
        assert_eq!(may(Pending, Some(CancelReason::Requested), false), Err(Refusal::Ending));
        for status in [Confirmed, Shipped, Cancelled] {
            assert_eq!(may(status, None, false), Err(Refusal::NotPayable(status)));
        }
    }

    #[test]
    fn news_of_another_payment_of_stripes_are_none_of_ours() {
        let name = |name: &str| Some(name.to_owned());
        let ours = Known { provider: name("pi_1"), session: name("cs_1"), ..fresh() };
        let of = |provider, session| {
            ours.yields_to(&Told { provider, session, ..told(Status::Processing, 1) })
        };

        assert_eq!(of(name("pi_1"), name("cs_1")), Ok(true));
        assert_eq!(of(None, None), Ok(true));
        assert_eq!(of(name("pi_2"), name("cs_1")), Err(Refusal::NoPayment));
        assert_eq!(of(name("pi_1"), name("cs_2")), Err(Refusal::NoPayment));
    }

    #[test]
    fn later_and_further_is_news_and_after_an_end_only_a_better_one() {
        use Status::{Canceled, Failed, Processing, RequiresAction, Succeeded};
        for (known, news, is_news) in [
            (told(Processing, 5), told(RequiresAction, 6), true),
            (told(Processing, 5), told(RequiresAction, 4), false),
            (told(RequiresAction, 5), told(Processing, 5), true),
            (told(Processing, 5), told(RequiresAction, 5), false),
            (told(Processing, 5), told(Processing, 5), false),
            (told(Processing, 5), told(Failed, 1), true),
            (told(Failed, 5), told(Processing, 9), false),
            (told(Failed, 5), told(Failed, 9), false),
            (told(Failed, 5), told(Canceled, 1), true),
            (told(Canceled, 5), told(Succeeded, 1), true),
            (told(Succeeded, 5), told(Canceled, 9), false),
            (told(Succeeded, 5), told(Succeeded, 9), false),
        ] {
            let ours = Known { status: known.status, told_at: Some(known.at), ..fresh() };
            assert_eq!(ours.yields_to(&news), Ok(is_news), "{known:?} {news:?}");
        }
    }

    #[test]
    fn a_status_reads_as_it_was_written_and_three_are_final() {
        for status in Status::ALL {
            assert_eq!(Status::from_name(status.name()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
        let over = Status::ALL.into_iter().filter(|status| status.is_final());
        assert!(over.eq([Status::Failed, Status::Canceled, Status::Succeeded]));
    }
}
