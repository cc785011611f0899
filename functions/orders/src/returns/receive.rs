use super::{ReturnView, changed};
use crate::Orders;
use axum::extract::State;
use domain::failure::Invalid;
use domain::id::{ProductId, ReturnId};
use domain::idempotency::IdempotentCall;
use domain::ordering::returns::{Condition, Receipt, ReceivedPieces};
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{IdempotentResponse, MaybeIdempotentJson, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// What arrived. Of products that it does not name, nothing did.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lines": [{"product": "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", "received": 2, "condition": "opened", "restock": 1}],
}))]
pub(crate) struct ReceiveReturn {
    #[schema(min_items = 1, max_items = 100)]
    lines: Vec<ReceivedLine>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReceivedLine {
    product: ProductId,
    /// Pieces that arrived.
    #[schema(minimum = 0, maximum = 1000)]
    received: i64,
    /// How they arrived; required if any did.
    condition: Option<Condition>,
    /// How many of them go back into stock; 0 by default.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000)]
    restock: i64,
}

impl TryFrom<ReceiveReturn> for Receipt {
    type Error = Invalid;

    fn try_from(body: ReceiveReturn) -> Result<Self, Invalid> {
        let line = |ReceivedLine { product, received, condition, restock }| ReceivedPieces {
            product,
            received,
            condition,
            restock,
        };
        Self::new(&body.lines.into_iter().map(line).collect::<Vec<_>>())
    }
}

/// Receive the goods of a return
///
/// Says how many pieces arrived, in which condition, and how many of them go back into stock, also where the product was archived
/// meanwhile. Pieces that did not arrive can be returned again. The buyer is notified; the money goes back with
/// `POST /v1/payments/{payment_id}/refunds`. The same lines again change nothing.
#[utoipa::path(
    post,
    path = "/v1/returns/{return_id}/receive",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("return_id" = ReturnId, Path, description = "The return's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = ReceiveReturn,
    responses(
        (status = 200, description = "The received return", body = ReturnView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`return_not_found`", body = Problem),
        (status = 409, description = "`illegal_return_move` with `return_status` and `allowed`, `too_many_received` with `product` and `left`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn receive_return(
    State(Orders { app, dispatcher }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<ReturnId>,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<ReceiveReturn>,
) -> Result<IdempotentResponse, Problem> {
    let receipt = Receipt::try_from(body)?;
    let call = IdempotentCall { request, respond: changed };
    let response = workflows::receive_return(&app.db, who.id, id, &receipt, &call).await?;
    dispatcher.try_send(&app.db).await;
    Ok(response.into())
}
