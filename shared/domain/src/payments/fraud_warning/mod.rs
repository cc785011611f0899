//! Payments that may be fraud: early warnings of card issuers, and reviews, as Stripe reports them.

mod sql;

pub(crate) use sql::{ALL as ALL_QUERIES, close, close_all, insert, is_any_open, lock, payment_of};

use crate::db::{Db, DbError};
use crate::id::{FraudWarningId, OrderId, PaymentId, UserId};
use crate::money::Money;
use time::OffsetDateTime;

/// Who doubts a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FraudWarningKind {
    /// The issuer of the card, because its holder reported fraud. A dispute often follows.
    EarlyFraudWarning,
    /// A rule of Stripe's Radar, or a person in Stripe's dashboard.
    Review,
}

/// The state of a warning as Stripe reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FraudWarningUpdate {
    /// Stripe's id of the warning.
    pub provider: String,
    /// Stripe's id of the PaymentIntent.
    pub intent: String,
    pub kind: FraudWarningKind,
    /// As Stripe writes it, such as `made_with_stolen_card` or `rule`.
    pub reason: String,
    /// Not once a review is closed, or an early warning can no longer be acted on. A closed one never opens again.
    pub is_open: bool,
}

/// A warning about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FraudWarning {
    pub id: FraudWarningId,
    pub payment: PaymentId,
    pub order: OrderId,
    /// What was paid.
    pub amount: Money,
    /// Stripe's id of the warning.
    pub provider: String,
    pub kind: FraudWarningKind,
    pub reason: String,
    pub opened_at: OffsetDateTime,
    pub closed_at: Option<OffsetDateTime>,
    /// Who released the order; none if Stripe closed the warning, or it is open.
    pub closed_by: Option<UserId>,
}

impl FraudWarningKind {
    const ALL: [Self; 2] = [Self::EarlyFraudWarning, Self::Review];

    pub fn name(self) -> &'static str {
        match self {
            Self::EarlyFraudWarning => "early_fraud_warning",
            Self::Review => "review",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A warning, if there is one with this id.
pub async fn find(db: &Db, id: FraudWarningId) -> Result<Option<FraudWarning>, DbError> {
    sql::find(db, id).await
}
