use crate::Payments;
use crate::view::DisputeView;
use axum::extract::State;
use axum::http::Uri;
use domain::id::{DisputeId, OrderId};
use domain::page::PageRequest;
use domain::payments::dispute::{self, DisputeStatus};
use lambda::http::caller::Staff;
use lambda::http::{Json, List, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDisputes {
    /// Only disputes in this status.
    status: Option<DisputeStatus>,
    /// Only disputes of this order.
    order: Option<OrderId>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List disputes
///
/// Disputes and inquiries, newest first. They are answered in Stripe's dashboard. While a dispute is open, its order is
/// on hold; if it is lost, the order stays on hold.
#[utoipa::path(
    get,
    path = "/v1/disputes",
    tag = "payments",
    security(("bearer" = [])),
    params(ListDisputes),
    responses(
        (status = 200, description = "A page of disputes", body = List<DisputeView>,
         headers(("Link" = String, description = "The next page, `rel=\"next\"`"))),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_disputes(
    State(Payments { app, .. }): State<Payments>,
    _: Staff,
    uri: Uri,
    Query(ListDisputes { status, order, limit, cursor }): Query<ListDisputes>,
) -> Result<List<DisputeView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let disputes = dispute::list(&app.db, order, status, &page).await?;
    Ok(List::new(&uri, disputes, DisputeView::from))
}

/// Show a dispute
#[utoipa::path(
    get,
    path = "/v1/disputes/{dispute_id}",
    tag = "payments",
    security(("bearer" = [])),
    params(("dispute_id" = DisputeId, Path, description = "The dispute's id")),
    responses(
        (status = 200, description = "The dispute", body = DisputeView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`dispute_not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_dispute(
    State(Payments { app, .. }): State<Payments>,
    _: Staff,
    Path(id): Path<DisputeId>,
) -> Result<Json<DisputeView>, Problem> {
    Ok(Json(dispute::show(&app.db, id).await?.into()))
}
