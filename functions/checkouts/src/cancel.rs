use crate::view::{CheckoutView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::checkouts;
use domain::id::CheckoutId;
use lambda::http::shopper::Shopper;
use lambda::http::{App, Json, Path, Problem};

/// Cancel a checkout
///
/// Ends one's own checkout for good, or the one that the secret opens. Cancelling it again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/checkouts/{checkout_id}/cancel",
    tag = "checkouts",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(("checkout_id" = CheckoutId, Path, description = "The checkout's id")),
    responses(
        (status = 200, description = "The cancelled checkout", body = CheckoutView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`checkout_not_found`, also for a checkout of another user or guest; `not_found`", body = Problem),
        (status = 409, description = "`checkout_completed` with `order`, `busy`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn cancel_checkout(
    State(app): State<App>,
    Shopper(who): Shopper,
    Path(id): Path<CheckoutId>,
) -> Result<impl IntoResponse, Problem> {
    let view = CheckoutView::from(checkouts::cancel(&app.db, &who, id).await?);
    Ok((tag(&view), Json(view)))
}
