//! `/v1/ops/reconciliations`.

pub(crate) mod list;
pub(crate) mod request;
pub(crate) mod show;

use domain::id::{ReconciliationId, UserId};
use domain::payments::reconciliation::Reconciliation;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A reconciliation: a comparison of our payments, refunds and disputes with Stripe's.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReconciliationView {
    id: ReconciliationId,
    /// The admin who requested it; null for the hourly one.
    #[schema(required)]
    requested_by: Option<UserId>,
    #[serde(with = "time::serde::rfc3339")]
    requested_at: OffsetDateTime,
    /// Null until it starts, within a minute.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    started_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    finished_at: Option<OffsetDateTime>,
    /// The number of Stripe's payments that were compared.
    payments: i32,
    /// The number of Stripe's refunds that were compared.
    refunds: i32,
    /// The number of Stripe's disputes that were compared.
    disputes: i32,
    /// The number of differences found.
    found: i64,
    /// The number of differences that were not resolved automatically and need a person.
    open: i64,
    /// The number of differences that were not resolved and that an admin has acknowledged.
    acknowledged: i64,
}

impl From<Reconciliation> for ReconciliationView {
    fn from(run: Reconciliation) -> Self {
        Self {
            id: run.id,
            requested_by: run.requested_by,
            requested_at: run.requested_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
            payments: run.payments,
            refunds: run.refunds,
            disputes: run.disputes,
            found: run.found,
            open: run.open,
            acknowledged: run.acknowledged,
        }
    }
}
