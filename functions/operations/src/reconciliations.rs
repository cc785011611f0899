//! `/v1/ops/reconciliations`.

pub(crate) mod list;
pub(crate) mod request;
pub(crate) mod show;

use domain::id::{ReconciliationId, UserId};
use domain::payment::reconciliation::Reconciliation;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A comparison of our payments and refunds with Stripe's.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReconciliationView {
    id: ReconciliationId,
    /// Who asked for it; null if it was time.
    #[schema(required)]
    requested_by: Option<UserId>,
    #[serde(with = "time::serde::rfc3339")]
    requested_at: OffsetDateTime,
    /// Null until it begins, within a minute.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    started_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    finished_at: Option<OffsetDateTime>,
    /// How many payments of Stripe's were compared.
    payments: i32,
    /// How many refunds of Stripe's were compared.
    refunds: i32,
    /// In how many things the two did not agree.
    found: i64,
    /// How many of them wait for a person.
    open: i64,
}

impl From<Reconciliation> for ReconciliationView {
    fn from(one: Reconciliation) -> Self {
        Self {
            id: one.id,
            requested_by: one.requested_by,
            requested_at: one.requested_at,
            started_at: one.started_at,
            finished_at: one.finished_at,
            payments: one.payments,
            refunds: one.refunds,
            found: one.found,
            open: one.open,
        }
    }
}
