//! Disputes, and which of Stripe's updates of them count. Pure.

use super::status::DisputeStatus;
use crate::failure::{self, Kind};
use crate::id::DisputeId;
use crate::money::{Currency, Money};
use time::OffsetDateTime;

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
    /// What has moved until then, as far as the report tells it.
    pub funds: MovedFunds,
}

/// What Stripe reports of a dispute and we store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub status: DisputeStatus,
    /// May be a part of the payment, or zero.
    pub amount: Money,
    /// As Stripe writes it, such as `fraudulent` or `product_not_received`. Banks add new ones.
    pub reason: String,
    /// The deadline for the shop's evidence; none if the bank does not wait for it.
    pub evidence_due: Option<OffsetDateTime>,
}

/// Which movements of the disputed money there were. None of them is ever taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MovedFunds {
    pub withdrawn: bool,
    pub reinstated: bool,
}

/// What is stored of a dispute.
#[derive(Clone, Debug)]
pub(crate) struct StoredDispute {
    pub(crate) id: DisputeId,
    pub(crate) case: Case,
    pub(crate) as_of: OffsetDateTime,
}

/// What is stored of a dispute, and what of its money is in the ledger.
#[derive(Clone, Debug)]
pub(crate) struct DisputeInLedger {
    pub(crate) dispute: StoredDispute,
    pub(crate) entered: MovedFunds,
    /// In which the ledger counts: that of the payment.
    pub(crate) currency: Currency,
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

impl StoredDispute {
    /// Whether the update replaces what is stored. Every stored field is compared, so that the same updates lead to the
    /// same state in whatever order they arrive.
    pub(crate) fn is_superseded_by(&self, update: &DisputeUpdate) -> bool {
        weight(&update.case, update.at) > weight(&self.case, self.as_of)
    }
}

impl MovedFunds {
    /// From the amounts of the dispute's balance transactions: what was withdrawn is negative.
    pub fn from_balance(amounts: impl Iterator<Item = i64>) -> Self {
        amounts.fold(Self::default(), |moved, amount| Self {
            withdrawn: moved.withdrawn || amount < 0,
            reinstated: moved.reinstated || amount > 0,
        })
    }
}

impl DisputeInLedger {
    /// Whether the ledger lacks a movement that the update tells.
    pub(crate) fn lacks_funds(&self, update: &DisputeUpdate) -> bool {
        let Money { minor, currency } = update.case.amount;
        let MovedFunds { withdrawn, reinstated } = update.funds;
        let is_missing =
            withdrawn && !self.entered.withdrawn || reinstated && !self.entered.reinstated;
        is_missing && minor > 0 && currency == self.currency
    }
}

fn weight(case: &Case, at: OffsetDateTime) -> impl Ord + '_ {
    let Case { status, amount, reason, evidence_due } = case;
    (status.stage(), at, status, amount.minor, amount.currency.code(), reason, *evidence_due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    /// All that are known, and three that are not.
    const STATUSES: [&str; 13] = [
        "warning_needs_response",
        "warning_under_review",
        "warning_closed",
        "needs_response",
        "under_review",
        "prevented",
        "won",
        "lost",
        "appeal_needs_response",
        "appeal_under_review",
        "arbitration",
        "a_status_of_tomorrow",
        "warning_of_tomorrow",
    ];

    fn update(status: DisputeStatus, second: i64, minor: i64) -> DisputeUpdate {
        let amount = Money { minor, currency: Currency::EUR };
        let at = |second| OffsetDateTime::from_unix_timestamp(1_800_000_000 + second).unwrap();
        let (reason, evidence_due) = ("fraudulent".to_owned(), Some(at(100 + minor)));
        DisputeUpdate {
            provider: "dp_1".to_owned(),
            intent: "pi_1".to_owned(),
            case: Case { status, amount, reason, evidence_due },
            at: at(second),
            funds: MovedFunds::default(),
        }
    }

    fn after(updates: &[DisputeUpdate]) -> (Case, OffsetDateTime) {
        let first = updates.first().unwrap();
        let (id, case) = (DisputeId::generate(), first.case.clone());
        let mut known = StoredDispute { id, case, as_of: first.at };
        for update in updates {
            if known.is_superseded_by(update) {
                (known.case, known.as_of) = (update.case.clone(), update.at);
            }
        }
        (known.case, known.as_of)
    }

    fn status_after(updates: &[(DisputeStatus, i64)]) -> DisputeStatus {
        let updates: Vec<_> =
            updates.iter().map(|(status, at)| update(status.clone(), *at, 100)).collect();
        after(&updates).0.status
    }

    #[test]
    fn what_the_bank_decided_outweighs_what_is_told_later() {
        use DisputeStatus::{
            AppealNeedsResponse, Lost, NeedsResponse, UnderReview, WarningClosed, Won,
        };
        assert_eq!(status_after(&[(Won, 5), (UnderReview, 9), (NeedsResponse, 1)]), Won);
        // A decision is appealed, and decided again.
        assert_eq!(
            status_after(&[(Lost, 5), (AppealNeedsResponse, 7), (Lost, 5)]),
            AppealNeedsResponse
        );
        assert_eq!(status_after(&[(Lost, 5), (AppealNeedsResponse, 7), (Won, 9)]), Won);
        // Banks change their minds.
        assert_eq!(status_after(&[(Won, 9), (Lost, 5)]), Won);
        assert_eq!(status_after(&[(WarningClosed, 9), (NeedsResponse, 5)]), NeedsResponse);
    }

    #[test]
    fn a_status_that_we_do_not_know_follows_a_decision_and_is_followed_by_one() {
        use DisputeStatus::{Lost, NeedsResponse, WarningClosed, Won};
        let unknown = || DisputeStatus::from_name("arbitration");
        assert_eq!(status_after(&[(NeedsResponse, 5), (unknown(), 6)]), unknown());
        assert_eq!(status_after(&[(Won, 5), (unknown(), 6)]), unknown());
        assert_eq!(status_after(&[(unknown(), 6), (Lost, 7)]), Lost);
        let inquiry = || DisputeStatus::from_name("warning_of_tomorrow");
        assert_eq!(status_after(&[(WarningClosed, 5), (inquiry(), 6)]), inquiry());
        assert_eq!(status_after(&[(inquiry(), 9), (NeedsResponse, 5)]), NeedsResponse);
    }

    proptest! {
        #[test]
        fn the_same_news_in_any_order_end_alike(
            story in prop::collection::vec((0..STATUSES.len(), 0..4_i64, 0..4_i64), 1..7),
            seed: u64,
        ) {
            let story: Vec<_> = story
                .into_iter()
                .map(|(index, at, minor)| {
                    update(DisputeStatus::from_name(STATUSES[index]), at, minor)
                })
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
        let known = StoredDispute {
            id: DisputeId::generate(),
            case: update.case.clone(),
            as_of: update.at,
        };
        assert!(!known.is_superseded_by(&update));
    }

    #[test]
    fn a_missing_dispute_has_its_code() {
        assert_eq!(failure::Refusal::code(&Refusal::NoDispute), "dispute_not_found");
    }
}
