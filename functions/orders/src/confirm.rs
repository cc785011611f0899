use crate::Orders;
use crate::view::{OrderView, shown};
use axum::extract::State;
use domain::id::OrderId;
use domain::idempotency::Once;
use domain::ordering::{self, Reason};
use lambda::http::token::Staff;
use lambda::http::{MaybeKeyed, Path, Problem, Reply};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Bank transfer of 24 November, statement 112"}))]
pub(crate) struct ConfirmOrder {
    /// How the shop got its money. Staff see it in the order's events.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Confirm an order by hand
///
/// For orders that were paid past Stripe, in full. Refused while a payment at Stripe is under way, so that nobody pays
/// twice. Confirming again for the same reason changes nothing.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/confirm",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, new for each request; the same again gets the same answer. Kept for 72 hours."),
    ),
    request_body = ConfirmOrder,
    responses(
        (status = 200, description = "The confirmed order", body = OrderView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`order_not_found`", body = Problem),
        (status = 409, description = "`illegal_move` with `allowed`, `payment_in_progress`, `order_ending`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` says which and why; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn confirm_order(
    State(Orders { app, dispatch }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<OrderId>,
    MaybeKeyed { ticket, wish }: MaybeKeyed<ConfirmOrder>,
) -> Result<Reply, Problem> {
    let reason = Reason::parse(&wish.reason)?;
    let once = Once { ticket, put: shown };
    let answer = ordering::confirm(&app.db, who.id, id, &reason, &once).await?;
    dispatch.try_now(&app.db).await;
    Ok(answer.into())
}
