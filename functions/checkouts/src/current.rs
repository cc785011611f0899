use crate::view::{CheckoutView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::checkouts;
use lambda::http::caller::Claimant;
use lambda::http::{App, Json, Problem};

/// Show my current checkout
///
/// The one that was created last, which all devices of the account share, as long as it is open.
#[utoipa::path(
    get,
    path = "/v1/me/checkout",
    tag = "checkouts",
    security(("bearer" = [])),
    params(("If-None-Match" = Option<String>, Header, description = "ETags of cached responses")),
    responses(
        (status = 200, description = "The checkout", body = CheckoutView),
        (status = 304, description = "Not modified"),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`no_checkout`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_current_checkout(
    State(app): State<App>,
    Claimant(claim): Claimant,
) -> Result<impl IntoResponse, Problem> {
    let view = CheckoutView::from(checkouts::show_current(&app.db, claim).await?);
    Ok((tag(&view), Json(view)))
}
