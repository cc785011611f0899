use crate::view::{CheckoutView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::checkouts;
use domain::id::{CheckoutId, ProductId};
use lambda::http::shopper::Shopper;
use lambda::http::{App, Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantity": 2}))]
pub(crate) struct SetLine {
    /// Pieces. None takes the product out.
    #[schema(minimum = 0, maximum = 1000)]
    quantity: i64,
}

/// Set the quantity of a product in a checkout
///
/// The quantity is absolute, so that a repeated request changes nothing, and no `If-Match` is needed. A product that is not
/// in the checkout is added.
#[utoipa::path(
    put,
    path = "/v1/checkouts/{checkout_id}/lines/{product_id}",
    tag = "checkouts",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(
        ("checkout_id" = CheckoutId, Path, description = "The checkout's id"),
        ("product_id" = ProductId, Path, description = "The product's id"),
    ),
    request_body = SetLine,
    responses(
        (status = 200, description = "The changed checkout", body = CheckoutView),
        (status = 400, description = "`malformed_json`, `bad_body`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`checkout_not_found`, also for a checkout of another user or guest; `not_found`", body = Problem),
        (status = 409, description = "`checkout_completed` with `order`, `checkout_over` with `checkout_status`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `not_for_sale` with `product`, `mixed_currencies`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn set_checkout_line(
    State(app): State<App>,
    Shopper(who): Shopper,
    Path((id, product)): Path<(CheckoutId, ProductId)>,
    Json(SetLine { quantity }): Json<SetLine>,
) -> Result<impl IntoResponse, Problem> {
    let changed = checkouts::set_line(&app.db, &who, id, product, quantity).await?;
    let view = CheckoutView::from(changed);
    Ok((tag(&view), Json(view)))
}
