//! The states of disputes, and which of Stripe's updates count. Pure.

use crate::failure::{self, Kind};
use crate::id::DisputeId;
use crate::money::Money;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The states of a dispute at Stripe. Those that begin with `warning_` are of an inquiry, which moves no money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    WarningNeedsResponse,
    WarningUnderReview,
    /// The inquiry did not become a dispute.
    WarningClosed,
    NeedsResponse,
    UnderReview,
    /// Resolved before it became a dispute.
    Prevented,
    /// The shop keeps the money.
    Won,
    /// The buyer keeps the money.
    Lost,
}

/// The state of a dispute as Stripe reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeUpdate {
    /// Stripe's id of the dispute.
    pub provider: String,
    /// Stripe's id of the PaymentIntent.
    pub intent: String,
    pub case: Case,
    /// When this was the state.
    pub at: OffsetDateTime,
    pub funds: Option<Funds>,
}

/// What Stripe reports of a dispute and we store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub status: DisputeStatus,
    pub amount: Money,
    /// As Stripe writes it, such as `fraudulent` or `product_not_received`. Banks add new ones.
    pub reason: String,
    /// The deadline for the shop's evidence.
    pub evidence_due: Option<OffsetDateTime>,
}

/// A movement of disputed money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funds {
    Withdrawn,
    Reinstated,
}

/// A dispute's row, locked.
#[derive(Clone, Debug)]
pub(crate) struct LockedDispute {
    pub(crate) id: DisputeId,
    pub(crate) case: Case,
    pub(crate) as_of: OffsetDateTime,
}

/// Why a request about a dispute is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such dispute")]
    NoDispute,
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        Kind::NotFound
    }

    fn code(&self) -> &'static str {
        "dispute_not_found"
    }
}

impl LockedDispute {
    /// Whether the update replaces what is stored. Every stored field is compared, so that the same updates lead to the
    /// same state in whatever order they arrive.
    pub(crate) fn is_superseded_by(&self, update: &DisputeUpdate) -> bool {
        weight(&update.case, update.at) > weight(&self.case, self.as_of)
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

    /// Whether it can no longer change, apart from a change of the bank's decision.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::WarningClosed | Self::Prevented | Self::Won | Self::Lost)
    }

    /// Whether the goods must not be shipped: while it is open, and for good once it is lost.
    pub fn holds_goods(self) -> bool {
        !self.is_closed() || self == Self::Lost
    }

    /// An inquiry may become a dispute, and a dispute may be closed; never the other way round.
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

    fn update(status: DisputeStatus, second: i64, minor: i64) -> DisputeUpdate {
        let amount = Money { minor, currency: Currency::EUR };
        let at = |second| OffsetDateTime::from_unix_timestamp(1_800_000_000 + second).unwrap();
        let (reason, evidence_due) = ("fraudulent".to_owned(), Some(at(100 + minor)));
        DisputeUpdate {
            provider: "dp_1".to_owned(),
            intent: "pi_1".to_owned(),
            case: Case { status, amount, reason, evidence_due },
            at: at(second),
            funds: None,
        }
    }

    fn after(updates: &[DisputeUpdate]) -> (Case, OffsetDateTime) {
        let first = updates.first().unwrap();
        let (id, case) = (DisputeId::generate(), first.case.clone());
        let mut known = LockedDispute { id, case, as_of: first.at };
        for update in updates {
            if known.is_superseded_by(update) {
                (known.case, known.as_of) = (update.case.clone(), update.at);
            }
        }
        (known.case, known.as_of)
    }

    fn status_after(updates: &[(DisputeStatus, i64)]) -> DisputeStatus {
        let updates: Vec<_> =
            updates.iter().map(|(status, at)| update(*status, *at, 100)).collect();
        after(&updates).0.status
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
                .map(|(status, at, minor)| update(DisputeStatus::ALL[status], at, minor))
                .collect();
            let mut shuffled = story.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            shuffled.extend(story.iter().cloned());
            prop_assert_eq!(after(&story), after(&shuffled));
        }
    }

    #[test]
    fn the_same_again_is_no_news() {
        let update = update(DisputeStatus::NeedsResponse, 5, 100);
        let known = LockedDispute {
            id: DisputeId::generate(),
            case: update.case.clone(),
            as_of: update.at,
        };
        assert!(!known.is_superseded_by(&update));
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
