use crate::Orders;
use crate::view::OrderView;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::OrderId;
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::ordering::{Order, Status};
use domain::workflows;
use lambda::http::shopper::OrderActor;
use lambda::http::{IdempotentResponse, OptionalIdempotencyKey, Path, Problem};

/// Cancel an order
///
/// Customers and guests can cancel their own pending orders, staff any order of which nothing is shipped. Cancels packed
/// parcels, releases the stock and refunds all payments. If a payment could still succeed at Stripe, the response is 202:
/// the payment is canceled at Stripe first, then the order; a payment that succeeds meanwhile is refunded. Cancelling again
/// changes nothing.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/cancel",
    tag = "orders",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    responses(
        (status = 200, description = "The cancelled order", body = OrderView),
        (status = 202, description = "The order is about to be cancelled", body = OrderView),
        (status = 400, description = "`bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user or guest", body = Problem),
        (status = 409, description = "`illegal_move` with `allowed`, `partly_shipped`, `on_hold`, `busy`", body = Problem),
        (status = 422, description = "`idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn cancel_order(
    State(Orders { app, dispatcher }): State<Orders>,
    OrderActor(who): OrderActor,
    Path(id): Path<OrderId>,
    OptionalIdempotencyKey(request): OptionalIdempotencyKey,
) -> Result<IdempotentResponse, Problem> {
    let call = IdempotentCall { request, respond: cancel_response };
    let response = workflows::cancel_order(&app.db, who, id, &call).await?;
    dispatcher.try_send(&app.db).await;
    Ok(response.into())
}

fn cancel_response(order: &Order) -> RecordedResponse {
    let status =
        if order.status == Status::Cancelled { StatusCode::OK } else { StatusCode::ACCEPTED };
    IdempotentResponse::record(status, &OrderView::from(order.clone()))
}
