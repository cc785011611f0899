use crate::view::CheckoutView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::checkouts::{self, Priced};
use domain::id::CheckoutId;
use domain::idempotency::{IdempotentCall, RecordedResponse};
use lambda::http::caller::Claimant;
use lambda::http::shopper::CheckoutSecret;
use lambda::http::{App, IdempotentResponse, OptionalIdempotencyKey, Path, Problem};

/// Claim a checkout
///
/// Whoever logs in takes along what they had chosen as a guest: shows the access token, and the checkout's secret beside it. The
/// checkout becomes the account's current one. If the account has one, their lines are united in that one, and the response is
/// that one: a product in both keeps the guest's quantity, as do address, method, codes and note where the guest has any. The
/// response says under `problems` what was added (`lines_added`), and what was left out because its currency is another
/// (`lines_left_out`). From then on the secret opens nothing. Claiming it again answers with the same checkout.
#[utoipa::path(
    post,
    path = "/v1/checkouts/{checkout_id}/claim",
    tag = "checkouts",
    security(("bearer" = [])),
    params(
        ("checkout_id" = CheckoutId, Path, description = "The guest's checkout"),
        ("Checkout-Secret" = String, Header, description = "The secret of the guest's checkout"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    responses(
        (status = 200, description = "The checkout that has the lines now", body = CheckoutView),
        (status = 400, description = "`bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`checkout_not_found`, also for a wrong secret, and for a checkout that another account has claimed; `not_found`", body = Problem),
        (status = 409, description = "`checkout_completed` with `order`, `checkout_over` with `checkout_status`, `busy`", body = Problem),
        (status = 422, description = "`idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn claim_checkout(
    State(app): State<App>,
    Claimant(claim): Claimant,
    CheckoutSecret(secret): CheckoutSecret,
    Path(id): Path<CheckoutId>,
    OptionalIdempotencyKey(request): OptionalIdempotencyKey,
) -> Result<impl IntoResponse, Problem> {
    let call = IdempotentCall { request, respond: claimed };
    let response = checkouts::claim(&app.db, claim, &secret, id, &call).await?;
    Ok(IdempotentResponse::from(response))
}

fn claimed(priced: &Priced) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::OK, &CheckoutView::from(priced.clone()))
}
