use super::ReconciliationView;
use axum::extract::State;
use domain::acknowledgement::Acknowledgement;
use domain::db::Db;
use domain::id::ReconciliationId;
use domain::payments::reconciliation::{self, Finding, FindingKind};
use lambda::http::caller::Admin;
use lambda::http::{Json, Path, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// A reconciliation with its findings.
#[derive(Serialize, ToSchema)]
pub(crate) struct WholeReconciliationView {
    #[serde(flatten)]
    reconciliation: ReconciliationView,
    /// Those that need a person first; at most 1,000.
    findings: Vec<FindingView>,
}

/// A difference between our records and Stripe's.
#[derive(Serialize, ToSchema)]
struct FindingView {
    /// Later versions may add kinds.
    kind: FindingKind,
    /// Stripe's id of the payment, refund or dispute, or ours if Stripe has none.
    #[schema(example = "pi_3PqLkd2eZvKYlo2C1b7VnXyz")]
    subject: String,
    #[schema(required, example = "requires_payment_method 19.99 EUR")]
    ours: Option<String>,
    /// Stripe's state, or why it could not be compared.
    #[schema(required, example = "succeeded 19.99 EUR")]
    stripes: Option<String>,
    /// Whether the difference was resolved automatically.
    healed: bool,
    /// Null until an admin acknowledges it. It stays so when another reconciliation finds the same.
    #[schema(required)]
    acknowledged: Option<Acknowledgement>,
}

/// Show a reconciliation with Stripe
#[utoipa::path(
    get,
    path = "/v1/ops/reconciliations/{reconciliation_id}",
    tag = "operations",
    security(("bearer" = [])),
    params(("reconciliation_id" = ReconciliationId, Path, description = "The reconciliation's id")),
    responses(
        (status = 200, description = "The reconciliation", body = WholeReconciliationView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`reconciliation_not_found`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_reconciliation(
    State(db): State<Db>,
    _: Admin,
    Path(id): Path<ReconciliationId>,
) -> Result<Json<WholeReconciliationView>, Problem> {
    let (reconciliation, findings) = reconciliation::show(&db, id).await?;
    let findings = findings.into_iter().map(FindingView::from).collect();
    Ok(Json(WholeReconciliationView { reconciliation: reconciliation.into(), findings }))
}

impl From<(Finding, Option<Acknowledgement>)> for FindingView {
    fn from((finding, acknowledged): (Finding, Option<Acknowledgement>)) -> Self {
        let Finding { kind, subject, ours, stripe, healed } = finding;
        Self { kind, subject, ours, stripes: stripe, healed, acknowledged }
    }
}
