use crate::view::{CheckoutView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::checkouts;
use domain::id::CheckoutId;
use lambda::http::shopper::Shopper;
use lambda::http::{App, Json, Path, Problem};

/// Show a checkout
///
/// With what it costs now, also once it is over. Customers see their own checkouts, guests the one that their secret opens, staff all.
#[utoipa::path(
    get,
    path = "/v1/checkouts/{checkout_id}",
    tag = "checkouts",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(
        ("checkout_id" = CheckoutId, Path, description = "The checkout's id"),
        ("If-None-Match" = Option<String>, Header, description = "ETags of cached responses"),
    ),
    responses(
        (status = 200, description = "The checkout", body = CheckoutView),
        (status = 304, description = "Not modified"),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`checkout_not_found`, also for a checkout of another user or guest; `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_checkout(
    State(app): State<App>,
    Shopper(who): Shopper,
    Path(id): Path<CheckoutId>,
) -> Result<impl IntoResponse, Problem> {
    let view = CheckoutView::from(checkouts::show(&app.db, &who, id).await?);
    Ok((tag(&view), Json(view)))
}
