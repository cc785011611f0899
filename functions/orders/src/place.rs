use crate::Orders;
use crate::address::ShippingAddress;
use crate::view::OrderView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::failure::Invalid;
use domain::id::ProductId;
use domain::money::Money;
use domain::ordering::{self, Address, Basket, Note, Order, Wish};
use lambda::http::token::Caller;
use lambda::http::{Keyed, Problem, Reply};
use serde::Deserialize;
use utoipa::ToSchema;

/// What to buy. Prices are the shop's: sending one is a mistake.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"lines": [{"product": "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", "quantity": 2}]}))]
pub(crate) struct PlaceOrder {
    /// One to a hundred. Lines of the same product add up.
    #[schema(min_items = 1, max_items = 100)]
    lines: Vec<Line>,
    shipping_address: Option<ShippingAddress>,
    #[schema(max_length = 1000)]
    note: Option<String>,
    /// The total that the buyer was shown. If it is another by now, nothing is ordered.
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

impl TryFrom<PlaceOrder> for Wish {
    type Error = Invalid;

    fn try_from(wish: PlaceOrder) -> Result<Self, Invalid> {
        let lines = wish.lines.into_iter().map(|line| (line.product, line.quantity));
        let note = wish.note.as_deref().map(Note::parse).transpose()?;
        Ok(Self {
            basket: Basket::new(lines)?,
            address: wish.shipping_address.map(Address::try_from).transpose()?,
            note: note.flatten(),
            expected_total: wish.expected_total,
        })
    }
}

/// Place an order
///
/// Reserves the stock for half an hour and prices it. At most five orders of a buyer may wait for their payment. Sent
/// again with the same key, it answers as the first time.
#[utoipa::path(
    post,
    path = "/v1/orders",
    tag = "orders",
    security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, new for each order. Kept for 72 hours.")),
    request_body = PlaceOrder,
    responses(
        (status = 201, description = "The order, waiting for its payment", body = OrderView),
        (status = 400, description = "`malformed_json`, `bad_body`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 409, description = "`out_of_stock` with `lines`, `total_changed` with `total`, `too_many_unpaid` with `most`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`, `not_for_sale`, `mixed_currencies`, `total_too_large`, `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn place_order(
    State(Orders { app, dispatch }): State<Orders>,
    who: Caller,
    Keyed { ticket, wish }: Keyed<PlaceOrder>,
) -> Result<Response, Problem> {
    let wish = Wish::try_from(wish)?;
    let answer = ordering::place(&app.db, who.id, &wish, &ticket, created).await?;
    dispatch.try_soon(&app.db).await;
    Ok(Reply::created(answer, "/v1/orders").into_response())
}

fn created(order: &Order) -> domain::idempotency::Answer {
    Reply::answer(StatusCode::CREATED, &OrderView::from(order.clone()))
}
