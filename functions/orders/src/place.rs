use crate::Orders;
use crate::address::ShippingAddress;
use crate::view::OrderView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::failure::Invalid;
use domain::id::{ProductId, ShippingMethodId};
use domain::money::Money;
use domain::ordering::{Address, Basket, NewOrder, Note, Order, Refusal};
use domain::pricing::Codes;
use domain::workflows;
use lambda::http::caller::Claimant;
use lambda::http::{IdempotentJson, IdempotentResponse, Problem, Throttled, Visitor, with_bill};
use serde::Deserialize;
use utoipa::ToSchema;

/// The products to order. Prices come from the catalog; a body with prices is refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"lines": [{"product": "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", "quantity": 2}]}))]
pub(crate) struct PlaceOrder {
    /// 1 to 100 lines. Quantities of the same product are added up.
    #[schema(min_items = 1, max_items = 100)]
    lines: Vec<Line>,
    shipping_address: Option<ShippingAddress>,
    #[schema(max_length = 1000)]
    note: Option<String>,
    /// One of the shop's shipping methods. Required if the shop has any, and something in the order is shipped.
    shipping_method: Option<ShippingMethodId>,
    /// Codes of discounts, in any case. A code that does not apply takes nothing off: with codes, `expected_total` is required.
    #[serde(default)]
    #[schema(max_items = 5)]
    discount_codes: Vec<String>,
    /// The total that the buyer was shown. If the current total differs, the order is refused with `total_changed`.
    expected_total: Option<Money>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Line {
    product: ProductId,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1000)]
    quantity: i64,
}

impl TryFrom<PlaceOrder> for NewOrder {
    type Error = Invalid;

    fn try_from(body: PlaceOrder) -> Result<Self, Invalid> {
        let lines = body.lines.into_iter().map(|line| (line.product, line.quantity));
        let note = body.note.as_deref().map(Note::parse).transpose()?;
        let codes = Codes::parse("/discount_codes", body.discount_codes)?;
        if !codes.is_empty() && body.expected_total.is_none() {
            let detail = "is required with discount codes: a code may take nothing off";
            return Err(Invalid::new("/expected_total", "required", detail));
        }
        Ok(Self {
            basket: Basket::new(lines)?,
            address: body.shipping_address.map(Address::try_from).transpose()?,
            note: note.flatten(),
            shipping_method: body.shipping_method,
            discount_codes: codes,
            expected_total: body.expected_total,
        })
    }
}

/// Place an order
///
/// Prices the order and reserves its stock for 30 minutes. A buyer can have at most five unpaid orders. Taxes, shipping and
/// discounts follow the rules of the shop: where it taxes or ships by method, `shipping_address` and `shipping_method` are
/// required.
///
/// Until the buyer has verified the email address, the stock is reserved for 15 minutes, and the buyer can have two unpaid
/// orders with at most 20 pieces of a product in both; an order over nothing is refused, and so are more than six orders in
/// ten minutes from one network address.
#[utoipa::path(
    post,
    path = "/v1/orders",
    tag = "orders",
    security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per order. A retry with the same key gets the recorded response. Keys are kept for 72 hours.")),
    request_body = PlaceOrder,
    responses(
        (status = 201, description = "The pending order", body = OrderView),
        (status = 400, description = "`malformed_json`, `bad_body`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 409, description = "`out_of_stock` with `lines`; `total_changed` with `total` and `bill`, and `discount_used_up` with `discount_code`, `total` and `bill`, where `bill` is what a quote is now; `too_many_unpaid` with `most`, and `most_verified` if a verified address may have more, `too_many_unpaid_pieces` with `product` and `most`, `email_unproven`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`, `not_for_sale`, `mixed_currencies`, `address_required`, `region_required`, `no_shipping_there`, `shipping_required` and `shipping_option_gone` with `options`, `total_too_large`, `total_too_small`, `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn place_order(
    State(Orders { app, dispatcher }): State<Orders>,
    Claimant(claim): Claimant,
    Visitor(visitor): Visitor,
    IdempotentJson { request, body }: IdempotentJson<PlaceOrder>,
) -> Result<Response, Problem> {
    let new = NewOrder::try_from(body)?;
    let response = workflows::place_order(&app.db, claim, &visitor, &new, &request, created).await;
    let response = response.map_err(|failure| with_bill(failure, Refusal::quote))?;
    dispatcher.try_send_batched(&app.db).await;
    Ok(IdempotentResponse::created(response, "/v1/orders").into_response())
}

fn created(order: &Order) -> domain::idempotency::RecordedResponse {
    IdempotentResponse::record(StatusCode::CREATED, &OrderView::from(order.clone()))
}
