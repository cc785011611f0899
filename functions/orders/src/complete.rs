use crate::Orders;
use crate::view::OrderView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::id::CheckoutId;
use domain::idempotency::RecordedResponse;
use domain::money::Money;
use domain::workflows::{self, Completion, CompletionRefusal, SeenCheckout};
use lambda::http::shopper::Shopper;
use lambda::http::{
    IdempotentJson, IdempotentResponse, Path, Problem, RequiredIfMatch, Throttled, Visitor,
    with_bill,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// What the buyer agrees to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"expected_total": {"amount": 2990, "currency": "EUR"}}))]
pub(crate) struct CompleteCheckout {
    /// The total that the buyer was shown. If the current total differs, nothing is ordered.
    expected_total: Money,
}

/// Complete a checkout
///
/// Places the order of one's own checkout, or of the one that the secret opens, as `POST /v1/orders` does, and ends the checkout. Prices, taxes, discounts and stock
/// are those of this moment: if the total is not `expected_total`, the response is `total_changed` with the new `bill`, and
/// nothing has changed. A checkout becomes one order: completing it again, under any key, answers with that order.
#[utoipa::path(
    post,
    path = "/v1/checkouts/{checkout_id}/complete",
    tag = "checkouts",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(
        ("checkout_id" = CheckoutId, Path, description = "The checkout's id"),
        ("If-Match" = String, Header, description = "The ETag that the buyer was shown, or several; only the version in it counts. 412 if none is of the current version"),
        ("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = CompleteCheckout,
    responses(
        (status = 200, description = "The order that the checkout had become before", body = OrderView),
        (status = 201, description = "The pending order", body = OrderView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_if_match`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`checkout_not_found`, also for a checkout of another user or guest; `not_found`", body = Problem),
        (status = 409, description = "`checkout_not_ready` with `bill`, whose `problems` say what is missing; `total_changed` with `total` and `bill`, and `discount_used_up` with `discount_code`, `total` and `bill`; `out_of_stock` with `lines`, `checkout_over` with `checkout_status`, `too_many_unpaid` with `most`, and `most_verified` if a verified address may have more, `too_many_unpaid_pieces` with `product` and `most`, `busy`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`mixed_currencies`, `idempotency_key_reused`", body = Problem),
        (status = 428, description = "`precondition_required`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn complete_checkout(
    State(Orders { app, dispatcher }): State<Orders>,
    Shopper(who): Shopper,
    Visitor(visitor): Visitor,
    Path(id): Path<CheckoutId>,
    if_match: Result<RequiredIfMatch, Problem>,
    IdempotentJson { request, body }: IdempotentJson<CompleteCheckout>,
) -> Result<Response, Problem> {
    // A request without a key is told so first, whatever it has seen.
    let RequiredIfMatch(versions) = if_match?;
    let seen = SeenCheckout { id, versions: versions.as_deref(), total: body.expected_total };
    let response =
        workflows::complete_checkout(&app.db, &who, &visitor, seen, &request, completed).await;
    let response = response.map_err(|failure| with_bill(failure, CompletionRefusal::quote))?;
    dispatcher.try_send_batched(&app.db).await;
    Ok(IdempotentResponse::created(response, "/v1/orders").into_response())
}

fn completed(completion: &Completion) -> RecordedResponse {
    let (status, order) = match completion {
        Completion::Placed(order) => (StatusCode::CREATED, order),
        Completion::Found(order) => (StatusCode::OK, order),
    };
    IdempotentResponse::record(status, &OrderView::from(order.clone()))
}
