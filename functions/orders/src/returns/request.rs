use super::{ReturnView, created};
use crate::Orders;
use axum::extract::State;
use domain::failure::Invalid;
use domain::id::{OrderId, ProductId};
use domain::idempotency::IdempotentCall;
use domain::ordering::returns::NewReturn;
use domain::ordering::{Basket, Note};
use domain::workflows;
use lambda::http::shopper::OrderActor;
use lambda::http::{IdempotentJson, IdempotentResponse, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// Which pieces are to come back, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lines": [{"product": "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", "quantity": 1}], "note": "It is too small.",
}))]
pub(crate) struct RequestReturn {
    /// Lines that name the same product are added up. Without it, all that can come back.
    #[schema(min_items = 1, max_items = 100)]
    lines: Option<Vec<ReturnedPieces>>,
    /// For the shop.
    #[schema(max_length = 1000)]
    note: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnedPieces {
    product: ProductId,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1000)]
    quantity: i64,
}

impl TryFrom<RequestReturn> for NewReturn {
    type Error = Invalid;

    fn try_from(body: RequestReturn) -> Result<Self, Invalid> {
        let pieces = |lines: Vec<ReturnedPieces>| {
            Basket::new(lines.into_iter().map(|line| (line.product, line.quantity)))
        };
        let pieces = body.lines.map(pieces).transpose()?;
        let note = body.note.as_deref().map(Note::parse).transpose()?.flatten();
        Ok(Self::new(pieces, note))
    }
}

/// Request a return
///
/// Of pieces that were shipped, never more than are in no other return and did not come back with a refund. Customers and guests
/// can request one for their own order until `return_window_days` after its last parcel (see `GET /v1/pricing`), staff at any
/// time. Staff approve or reject it. The buyer is notified of each step.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/returns",
    tag = "orders",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
         description = "Chosen by the client, unique per return. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = RequestReturn,
    responses(
        (status = 201, description = "The return", body = ReturnView),
        (status = 400, description = "`malformed_json`, `bad_body`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user or guest", body = Problem),
        (status = 409, description = "`nothing_to_return`, `too_many_to_return` with `product` and `left`, `return_window_closed` with `closed_at`, `returns_by_staff`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn request_return(
    State(Orders { app, dispatcher }): State<Orders>,
    OrderActor(who): OrderActor,
    Path(id): Path<OrderId>,
    IdempotentJson { request, body }: IdempotentJson<RequestReturn>,
) -> Result<IdempotentResponse, Problem> {
    let new = NewReturn::try_from(body)?;
    let call = IdempotentCall { request: Some(request), respond: created };
    let response = workflows::request_return(&app.db, who, id, &new, &call).await?;
    dispatcher.try_send(&app.db).await;
    Ok(IdempotentResponse::created(response, "/v1/returns"))
}
