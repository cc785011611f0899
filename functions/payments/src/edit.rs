use crate::Payments;
use crate::begin::{make_way, with_timeout};
use axum::extract::State;
use axum::http::StatusCode;
use domain::failure::{Failure, Invalid};
use domain::id::{OrderId, ProductId, ShippingMethodId};
use domain::idempotency::{IdempotentRequest, RecordedResponse};
use domain::money::Money;
use domain::ordering::{Actor, Basket, EditedOrder, LinesEdit, OrderLine, Refusal, Totals};
use domain::payments;
use domain::workflows::{self, EditOutcome, SeenOrder};
use lambda::http::shopper::OrderActor;
use lambda::http::{IdempotentJson, IdempotentResponse, Path, Problem, RequiredIfMatch, with_bill};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An edit may be made while payments begin; it is made after a few rounds, or not at all.
const MAX_ROUNDS: usize = 3;

/// What the order is to consist of. Prices come from the catalog; a body with prices is refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lines": [{"product": "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", "quantity": 3}],
    "expected_total": {"amount": 3870, "currency": "EUR"},
}))]
pub(crate) struct EditOrderLines {
    /// 1 to 100 lines: those that stay as well. Quantities of the same product are added up.
    #[schema(min_items = 1, max_items = 100)]
    lines: Vec<LineOfEdit>,
    /// One of the shop's shipping methods; without it, the order keeps its own, if anything has to be shipped.
    shipping_method: Option<ShippingMethodId>,
    /// The total that was shown. If the total would be another one, the order stays as it is.
    expected_total: Money,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineOfEdit {
    product: ProductId,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1000)]
    quantity: i64,
}

/// What an order consists of after an edit. `total = subtotal - discount + shipping + tax`, all in one currency.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderEditView {
    order: OrderId,
    lines: Vec<EditedLineView>,
    subtotal: Money,
    discount: Money,
    shipping: Money,
    /// What is added to the prices.
    tax: Money,
    /// The tax that the prices contain, no part of the sum.
    tax_included: Money,
    total: Money,
    /// The order's total before the edit.
    total_before: Money,
}

#[derive(Serialize, ToSchema)]
struct EditedLineView {
    product: ProductId,
    #[schema(example = "MUG-1")]
    sku: String,
    name: String,
    quantity: i32,
    unit_price: Money,
    /// The price of its pieces, before discounts and added tax.
    total: Money,
}

impl TryFrom<EditOrderLines> for LinesEdit {
    type Error = Invalid;

    fn try_from(body: EditOrderLines) -> Result<Self, Invalid> {
        let EditOrderLines { lines, shipping_method, expected_total } = body;
        let lines = lines.into_iter().map(|line| (line.product, line.quantity));
        Ok(Self { basket: Basket::new(lines)?, shipping_method, expected_total })
    }
}

impl From<OrderLine> for EditedLineView {
    fn from(line: OrderLine) -> Self {
        let OrderLine { product, sku, name, quantity, unit_price, total, .. } = line;
        Self { product, sku, name, quantity, unit_price, total }
    }
}

/// Edit the lines of an order
///
/// Replaces the lines of an order that waits for its payment: by its buyer, or by staff. The order is priced anew by the rules of
/// now, and its stock follows. A line that does not grow keeps the price of its pieces, and may be of a product that is no longer
/// for sale; one that grows or is new has the price of now. The order keeps its address and the codes that take something off, and the time to
/// pay stays as it is. If the total is not `expected_total`, the response is `total_changed` with the new `bill`, and nothing has
/// changed.
///
/// A payment that was started is of the former total: it is canceled first, and the buyer pays anew. It stays if the edit is
/// refused. If it is captured meanwhile, the response is `order_not_changeable`: pieces of a paid order are taken out by a refund.
/// An order over nothing is not made by an edit.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/edits",
    tag = "orders",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("If-Match" = String, Header, description = "The expected ETag, or several; 412 if none is the current one"),
        ("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per edit. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = EditOrderLines,
    responses(
        (status = 200, description = "The edited order's lines and totals", body = OrderEditView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_if_match`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user or guest", body = Problem),
        (status = 409, description = "`order_not_changeable` with `order_status`, `order_ending`, `payment_in_progress`; `out_of_stock` with `lines`; `total_changed` with `total` and `bill`, and `discount_used_up` with `discount_code`, `total` and `bill`, where `bill` is what the order would cost; `too_many_unpaid_pieces` with `product` and `most`, `busy`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`, `not_for_sale`, `mixed_currencies`, `address_required`, `region_required`, `no_shipping_there`, `shipping_required` and `shipping_option_gone` with `options`, `total_too_large`, `total_too_small`, `idempotency_key_reused`", body = Problem),
        (status = 428, description = "`precondition_required`", body = Problem),
        (status = 502, description = "`upstream_failed`: Stripe did not answer; retry", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn edit_order_lines(
    State(payments): State<Payments>,
    OrderActor(who): OrderActor,
    Path(id): Path<OrderId>,
    if_match: Result<RequiredIfMatch, Problem>,
    IdempotentJson { request, body }: IdempotentJson<EditOrderLines>,
) -> Result<IdempotentResponse, Problem> {
    // A request without a key is told so first, whatever it has seen.
    let RequiredIfMatch(versions) = if_match?;
    let edit = LinesEdit::try_from(body)?;
    let seen = SeenOrder { id, versions: versions.as_deref() };
    let response = with_timeout(edit_unpaid(&payments, who, seen, &edit, &request)).await?;
    Ok(response.into())
}

/// Lets go of the open payment once nothing else is in the way.
async fn edit_unpaid(
    payments: &Payments,
    who: Actor,
    seen: SeenOrder<'_>,
    edit: &LinesEdit,
    request: &IdempotentRequest,
) -> Result<RecordedResponse, Problem> {
    let db = &payments.app.db;
    for _ in 0..MAX_ROUNDS {
        let outcome = workflows::edit_order_lines(db, who, seen, edit, request, edited).await;
        match outcome.map_err(|failure| with_bill(failure, Refusal::quote))? {
            EditOutcome::Done(response) => return Ok(response),
            EditOutcome::ReleaseFirst(payment) => make_way(payments, who, payment).await?,
        }
    }
    Err(Failure::Refused(payments::Refusal::InProgress).into())
}

fn edited(edited: &EditedOrder) -> RecordedResponse {
    let EditedOrder { order, total_before } = edited.clone();
    let Totals { subtotal, discount, shipping, tax, tax_included, total } = order.totals;
    let view = OrderEditView {
        order: order.id,
        lines: order.lines.into_iter().map(EditedLineView::from).collect(),
        subtotal,
        discount,
        shipping,
        tax,
        tax_included,
        total,
        total_before,
    };
    IdempotentResponse::record(StatusCode::OK, &view)
}
