use crate::Orders;
use crate::view::OrderView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::failure::Invalid;
use domain::id::ProductId;
use domain::ordering::{self, Basket, Order};
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
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Line {
    product: ProductId,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1000)]
    quantity: i64,
}

impl TryFrom<PlaceOrder> for Basket {
    type Error = Invalid;

    fn try_from(wish: PlaceOrder) -> Result<Self, Invalid> {
        Self::new(wish.lines.into_iter().map(|line| (line.product, line.quantity)))
    }
}

/// Place an order
///
/// Reserves the stock for half an hour and prices it. Sent again with the same key, it answers as the first time.
#[utoipa::path(
    post,
    path = "/v1/orders",
    tag = "orders",
    security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, new for each order. Kept for 72 hours.")),
    request_body = PlaceOrder,
    responses(
        (status = 201, description = "The order, waiting for its payment", body = OrderView,
         headers(("Location" = String, description = "The order's address"))),
        (status = 400, description = "`malformed_json`, `bad_body`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 409, description = "`out_of_stock` with `lines`, `busy`", body = Problem),
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
    let basket = Basket::try_from(wish)?;
    let answer = ordering::place(&app.db, who.id, &basket, &ticket, created).await?;
    dispatch.try_now(&app.db).await;
    Ok(Reply::created(answer, "/v1/orders").into_response())
}

fn created(order: &Order) -> domain::idempotency::Answer {
    Reply::answer(StatusCode::CREATED, &OrderView::from(order.clone()))
}
