//! `/v1/ops/invariants`.

use axum::extract::State;
use domain::db::Db;
use domain::operations::{self, InvariantViolation};
use lambda::http::caller::Admin;
use lambda::http::{Json, Problem};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The result of checking all invariants.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvariantsView {
    /// Whether all of them hold.
    hold: bool,
    /// The invariants that were checked.
    checked: Vec<&'static str>,
    /// The invariants that do not hold.
    breaches: Vec<BreachView>,
}

#[derive(Serialize, ToSchema)]
struct BreachView {
    #[schema(example = "I1")]
    invariant: &'static str,
    /// The rule that should hold.
    says: &'static str,
    /// The rows that violate it, at most 100.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Value>,
}

impl From<InvariantViolation> for BreachView {
    fn from(violation: InvariantViolation) -> Self {
        let InvariantViolation { invariant, says, rows } = violation;
        Self { invariant, says, rows }
    }
}

/// Check the invariants
///
/// Checks stock, orders, payments, events and messages for inconsistent rows. Changes nothing.
#[utoipa::path(
    get,
    path = "/v1/ops/invariants",
    tag = "operations",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The invariants that were checked, and those that do not hold", body = InvariantsView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn check_invariants(
    State(db): State<Db>,
    _: Admin,
) -> Result<Json<InvariantsView>, Problem> {
    let violations = operations::check(&db).await?;
    let mut checked: Vec<_> = operations::invariants().collect();
    checked.dedup();
    Ok(Json(InvariantsView {
        hold: violations.is_empty(),
        checked,
        breaches: violations.into_iter().map(BreachView::from).collect(),
    }))
}
