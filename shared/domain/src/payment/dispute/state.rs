//! What a dispute can be at, and which news about it count. Pure.

use crate::failure::{self, Kind};
use crate::id::DisputeId;
use crate::money::Money;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The states of a Stripe dispute. With `warning_` begin those of an inquiry, by which the bank only asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    WarningNeedsResponse,
    WarningUnderReview,
    /// The bank asked, and left it at that.
    WarningClosed,
    NeedsResponse,
    UnderReview,
    /// Settled before it became one.
    Prevented,
    /// The money stays with us.
    Won,
    /// The money is gone.
    Lost,
}

/// What Stripe says about a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeTold {
    /// Stripe's id of the dispute.
    pub provider: String,
    /// Stripe's id of the PaymentIntent.
    pub intent: String,
    pub case: Case,
    /// When it was so.
    pub at: OffsetDateTime,
    pub funds: Option<Funds>,
}

/// Where a dispute stands, as Stripe tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub status: DisputeStatus,
    pub amount: Money,
    /// As Stripe writes it: `fraudulent`, `product_not_received`, and what else banks come up with.
    pub reason: String,
    /// Until when the bank waits for our side of it.
    pub evidence_due: Option<OffsetDateTime>,
}

/// Disputed money on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funds {
    Withdrawn,
    Reinstated,
}

/// A dispute as we know it; its row is locked.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: DisputeId,
    pub(super) case: Case,
    pub(super) told_at: OffsetDateTime,
}

/// Why the shop says no about a dispute.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such dispute")]
    NoDispute,
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        Kind::Missing
    }

    fn code(&self) -> &'static str {
        "dispute_not_found"
    }
}

impl Known {
    /// Whether what Stripe says is news. All that is kept is compared, so that of the same news, in whatever order
    /// they come, the same ones stand in the end.
    pub(super) fn yields_to(&self, told: &DisputeTold) -> bool {
        weight(&told.case, told.at) > weight(&self.case, self.told_at)
    }
}

fn weight(case: &Case, at: OffsetDateTime) -> impl Ord + '_ {
    let Case { status, amount, reason, evidence_due } = case;
    (status.stage(), at, *status, amount.minor, amount.currency.code(), reason, *evidence_due)
}

impl DisputeStatus {
    pub(super) const ALL: [Self; 8] = [
        Self::WarningNeedsResponse,
        Self::WarningUnderReview,
        Self::WarningClosed,
        Self::NeedsResponse,
        Self::UnderReview,
        Self::Prevented,
        Self::Won,
        Self::Lost,
    ];

    /// As Stripe writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::WarningNeedsResponse => "warning_needs_response",
            Self::WarningUnderReview => "warning_under_review",
            Self::WarningClosed => "warning_closed",
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Prevented => "prevented",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether the bank has decided, or let it be.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::WarningClosed | Self::Prevented | Self::Won | Self::Lost)
    }

    /// Whether goods stay where they are. For good if the money is gone.
    pub fn holds_goods(self) -> bool {
        !self.is_closed() || self == Self::Lost
    }

    /// An inquiry may become a dispute, and a dispute ends; never the other way round.
    fn stage(self) -> u8 {
        match self {
            Self::WarningNeedsResponse | Self::WarningUnderReview | Self::WarningClosed => 0,
            Self::NeedsResponse | Self::UnderReview => 1,
            Self::Prevented | Self::Won | Self::Lost => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn told(status: DisputeStatus, second: i64, minor: i64) -> DisputeTold {
        let amount = Money { minor, currency: Currency::EUR };
        let at = |second| OffsetDateTime::from_unix_timestamp(1_800_000_000 + second).unwrap();
        let (reason, evidence_due) = ("fraudulent".to_owned(), Some(at(100 + minor)));
        DisputeTold {
            provider: "dp_1".to_owned(),
            intent: "pi_1".to_owned(),
            case: Case { status, amount, reason, evidence_due },
            at: at(second),
            funds: None,
        }
    }

    fn after(news: &[DisputeTold]) -> (Case, OffsetDateTime) {
        let first = news.first().unwrap();
        let (id, case) = (DisputeId::generate(), first.case.clone());
        let mut known = Known { id, case, told_at: first.at };
        for told in news {
            if known.yields_to(told) {
                (known.case, known.told_at) = (told.case.clone(), told.at);
            }
        }
        (known.case, known.told_at)
    }

    fn status_after(news: &[(DisputeStatus, i64)]) -> DisputeStatus {
        let news: Vec<_> = news.iter().map(|(status, at)| told(*status, *at, 100)).collect();
        after(&news).0.status
    }

    #[test]
    fn what_the_bank_decided_outweighs_what_is_told_later() {
        use DisputeStatus::{Lost, NeedsResponse, UnderReview, WarningClosed, Won};
        assert_eq!(status_after(&[(Won, 5), (UnderReview, 9), (NeedsResponse, 1)]), Won);
        // Banks change their minds.
        assert_eq!(status_after(&[(Won, 9), (Lost, 5)]), Won);
        assert_eq!(status_after(&[(WarningClosed, 9), (NeedsResponse, 5)]), NeedsResponse);
    }

    #[test]
    fn goods_wait_until_the_money_is_sure() {
        use DisputeStatus::{
            Lost, NeedsResponse, Prevented, WarningClosed, WarningUnderReview, Won,
        };
        for status in [WarningUnderReview, NeedsResponse, Lost] {
            assert!(status.holds_goods(), "{status:?}");
        }
        for status in [WarningClosed, Prevented, Won] {
            assert!(!status.holds_goods(), "{status:?}");
        }
    }

    proptest! {
        #[test]
        fn the_same_news_in_any_order_end_alike(
            story in prop::collection::vec((0..8_usize, 0..4_i64, 1..4_i64), 1..7),
            seed: u64,
        ) {
            let story: Vec<_> = story
                .into_iter()
                .map(|(status, at, minor)| told(DisputeStatus::ALL[status], at, minor))
                .collect();
            let mut shuffled = story.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            shuffled.extend(story.iter().cloned());
            prop_assert_eq!(after(&story), after(&shuffled));
        }
    }

    #[test]
    fn the_same_again_is_no_news() {
        let told = told(DisputeStatus::NeedsResponse, 5, 100);
        let known = Known { id: DisputeId::generate(), case: told.case.clone(), told_at: told.at };
        assert!(!known.yields_to(&told));
    }

    #[test]
    fn a_status_reads_as_it_was_written_and_four_are_closed() {
        use DisputeStatus::{Lost, Prevented, WarningClosed, Won};
        for status in DisputeStatus::ALL {
            assert_eq!(DisputeStatus::from_name(status.name()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
        let closed = DisputeStatus::ALL.into_iter().filter(|status| status.is_closed());
        assert!(closed.eq([WarningClosed, Prevented, Won, Lost]));
        assert_eq!(failure::Refusal::code(&Refusal::NoDispute), "dispute_not_found");
    }
}
