use crate::Orders;
use crate::view::OrderView;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::OrderId;
use domain::idempotency::{Answer, Once};
use domain::ordering::{self, Order, Status};
use lambda::http::token::Caller;
use lambda::http::{MaybeKey, Path, Problem, Reply};

/// Cancel an order
///
/// Customers cancel their own while it is pending, staff any until it is shipped: what was paid goes back, all of it.
/// Releases the stock. While Stripe may still take money for the order, the answer is 202: Stripe is asked to let go
/// of the payment, then the order ends; money that came meanwhile goes back. Cancelling again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/cancel",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, new for each request; the same again gets the same answer. Kept for 72 hours."),
    ),
    responses(
        (status = 200, description = "The cancelled order", body = OrderView),
        (status = 202, description = "The order is about to be cancelled", body = OrderView),
        (status = 400, description = "`bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of somebody else", body = Problem),
        (status = 409, description = "`illegal_move` with `allowed`, `on_hold`, `busy`", body = Problem),
        (status = 422, description = "`idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn cancel_order(
    State(Orders { app, dispatch }): State<Orders>,
    who: Caller,
    Path(id): Path<OrderId>,
    MaybeKey(ticket): MaybeKey,
) -> Result<Reply, Problem> {
    let once = Once { ticket, put: ended };
    let answer = ordering::cancel(&app.db, who.acts_on_orders(), id, &once).await?;
    dispatch.try_now(&app.db).await;
    Ok(answer.into())
}

fn ended(order: &Order) -> Answer {
    let status =
        if order.status == Status::Cancelled { StatusCode::OK } else { StatusCode::ACCEPTED };
    Reply::answer(status, &OrderView::from(order.clone()))
}
