//! What waits for a person. Pure.

use crate::money::Money;
use crate::page::TextKey;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Something that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttentionItem {
    pub kind: AttentionKind,
    /// None if nobody knows.
    pub since: Option<OffsetDateTime>,
    /// What identifies it among those of its kind.
    pub subject: String,
    /// What it belongs to: the order, payment, SKU or reconciliation by which it is dealt with.
    pub about: Option<String>,
    pub detail: String,
    pub amount: Option<Money>,
    /// Until when it can be dealt with.
    pub due_at: Option<OffsetDateTime>,
}

/// How much waits for a person, besides dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// By kind, that of the oldest first.
    pub counts: Vec<(AttentionKind, i64)>,
    /// Since when the oldest waits.
    pub since: OffsetDateTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    /// An event of Stripe's that could not be applied.
    ParkedStripeEvent,
    /// A difference between our records and Stripe's that was not resolved.
    ReconciliationFinding,
    /// A count that does not fit the stock.
    StockDiscrepancy,
    /// An email that SES rejected.
    FailedEmail,
    /// A refund that Stripe or the bank refused: the buyer does not have the money.
    FailedRefund,
    /// A dispute or an inquiry that has to be answered, or was lost while its order waits to be shipped.
    Dispute,
    /// A payment that may be fraud, whose order is on hold.
    FraudWarning,
    /// A return that is to be approved or rejected.
    RequestedReturn,
    /// An order that was refunded in full, and neither shipped nor cancelled.
    RefundedOrder,
    /// Messages that failed five times.
    DeadLetters,
}

/// The position in the list of what waits: oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionPosition {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) since: OffsetDateTime,
    pub(super) kind: AttentionKind,
    pub(super) subject: TextKey,
}

impl AttentionKind {
    const ALL: [Self; 10] = [
        Self::ParkedStripeEvent,
        Self::ReconciliationFinding,
        Self::StockDiscrepancy,
        Self::FailedEmail,
        Self::FailedRefund,
        Self::Dispute,
        Self::FraudWarning,
        Self::RequestedReturn,
        Self::RefundedOrder,
        Self::DeadLetters,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::ParkedStripeEvent => "parked_stripe_event",
            Self::ReconciliationFinding => "reconciliation_finding",
            Self::StockDiscrepancy => "stock_discrepancy",
            Self::FailedEmail => "failed_email",
            Self::FailedRefund => "failed_refund",
            Self::Dispute => "dispute",
            Self::FraudWarning => "fraud_warning",
            Self::RequestedReturn => "requested_return",
            Self::RefundedOrder => "refunded_order",
            Self::DeadLetters => "dead_letters",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The others wait until something is done, for which there is always a way: while they wait, goods, messages or buyers do.
    pub fn can_be_acknowledged(self) -> bool {
        match self {
            Self::ParkedStripeEvent
            | Self::ReconciliationFinding
            | Self::StockDiscrepancy
            | Self::FailedEmail
            | Self::FailedRefund
            | Self::Dispute => true,
            Self::FraudWarning
            | Self::RequestedReturn
            | Self::RefundedOrder
            | Self::DeadLetters => false,
        }
    }
}

impl AttentionItem {
    /// The dead letters, if there are any. `None` if they could not be counted.
    pub(super) fn dead_letters(count: Option<u64>) -> Option<Self> {
        let detail = match count {
            Some(0) => return None,
            Some(count) => format!("about {count} messages"),
            None => "SQS did not say how many".to_owned(),
        };
        let (kind, subject) = (AttentionKind::DeadLetters, "all".to_owned());
        Some(Self { kind, since: None, subject, about: None, detail, amount: None, due_at: None })
    }

    pub(super) fn position(&self) -> AttentionPosition {
        AttentionPosition {
            since: self.since.unwrap_or(OffsetDateTime::UNIX_EPOCH),
            kind: self.kind,
            subject: TextKey(self.subject.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reads_as_it_was_written() {
        for kind in AttentionKind::ALL {
            assert_eq!(AttentionKind::from_name(kind.name()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn dead_letters_that_nobody_could_count_are_told() {
        let detail = |count| AttentionItem::dead_letters(count).map(|item| item.detail);
        assert_eq!(detail(Some(0)), None);
        assert_eq!(detail(Some(3)).unwrap(), "about 3 messages");
        assert_eq!(detail(None).unwrap(), "SQS did not say how many");
    }
}
