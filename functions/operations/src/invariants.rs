//! `/v1/ops/invariants`.

use axum::extract::State;
use domain::db::Db;
use domain::operations::{self, Breach};
use lambda::http::token::Admin;
use lambda::http::{Json, Problem};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Whether the shop's books are in order.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvariantsView {
    /// Whether every one holds.
    hold: bool,
    /// Those that were looked at.
    checked: Vec<&'static str>,
    /// Those that do not hold.
    breaches: Vec<BreachView>,
}

#[derive(Serialize, ToSchema)]
struct BreachView {
    #[schema(example = "I1")]
    invariant: &'static str,
    /// What should hold.
    says: &'static str,
    /// What breaks it, a hundred rows at most.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Value>,
}

impl From<Breach> for BreachView {
    fn from(breach: Breach) -> Self {
        let Breach { invariant, says, rows } = breach;
        Self { invariant, says, rows }
    }
}

/// Check what must always hold
///
/// Reads stock, orders, money, events and messages, changes nothing, and names every row that should not be.
#[utoipa::path(
    get,
    path = "/v1/ops/invariants",
    tag = "operations",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "What was checked, and what does not hold", body = InvariantsView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn check_invariants(
    State(db): State<Db>,
    _: Admin,
) -> Result<Json<InvariantsView>, Problem> {
    let breaches = operations::check(&db).await?;
    let mut checked: Vec<_> = operations::invariants().collect();
    checked.dedup();
    Ok(Json(InvariantsView {
        hold: breaches.is_empty(),
        checked,
        breaches: breaches.into_iter().map(BreachView::from).collect(),
    }))
}
