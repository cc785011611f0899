use crate::Orders;
use crate::expand::Expand;
use crate::view::{OrderView, tag};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::id::OrderId;
use domain::ordering;
use lambda::http::shopper::Shopper;
use lambda::http::{Json, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShowOrder {
    /// What to include with the order: `payments`, `refunds`, or both, separated by a comma.
    #[param(value_type = Option<String>, example = "payments,refunds")]
    expand: Option<Expand>,
}

/// Show an order
///
/// Customers see their own orders, staff all. Guests see the one that the secret of its checkout opens, or the token that its link
/// was exchanged for.
#[utoipa::path(
    get,
    path = "/v1/orders/{order_id}",
    tag = "orders",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ShowOrder,
        ("If-None-Match" = Option<String>, Header, description = "ETags of cached responses"),
    ),
    responses(
        (status = 200, description = "The order", body = OrderView),
        (status = 304, description = "Not modified"),
        (status = 400, description = "`bad_query`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user or guest", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_order(
    State(Orders { app, .. }): State<Orders>,
    Shopper(who): Shopper,
    Path(id): Path<OrderId>,
    Query(ShowOrder { expand }): Query<ShowOrder>,
) -> Result<Response, Problem> {
    let (viewer, order) = ordering::show_to(&app.db, &who, id).await?;
    let mut expansions = expand.unwrap_or_default().load(&app.db, viewer, &[id]).await?;
    let tag = match expansions.version() {
        Some(version) => tag(&order).and(version),
        None => tag(&order),
    };
    Ok((tag, Json(OrderView::from(order).with(expansions.take(id)))).into_response())
}
