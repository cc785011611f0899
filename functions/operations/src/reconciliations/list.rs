use super::ReconciliationView;
use axum::extract::State;
use axum::http::Uri;
use domain::db::Db;
use domain::page::PageRequest;
use domain::payments::reconciliation;
use lambda::http::caller::Admin;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListReconciliations {
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List reconciliations with Stripe
///
/// Newest first. One starts every hour.
#[utoipa::path(
    get,
    path = "/v1/ops/reconciliations",
    tag = "operations",
    security(("bearer" = [])),
    params(ListReconciliations),
    responses(
        (status = 200, description = "A page of reconciliations", body = List<ReconciliationView>,
         headers(("Link" = String, description = "The next page, `rel=\"next\"`"))),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_reconciliations(
    State(db): State<Db>,
    _: Admin,
    uri: Uri,
    Query(ListReconciliations { limit, cursor }): Query<ListReconciliations>,
) -> Result<List<ReconciliationView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let reconciliations = reconciliation::list(&db, &page).await?;
    Ok(List::new(&uri, reconciliations, ReconciliationView::from))
}
