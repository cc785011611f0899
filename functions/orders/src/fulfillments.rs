//! The parcels of an order: `/v1/orders/{order_id}/fulfillments`.

use crate::Orders;
use crate::view::ShipmentView;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use domain::failure::Invalid;
use domain::id::{FulfillmentId, OrderId, ProductId};
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::ordering::{
    self, Basket, Fulfillment, FulfillmentLine, NewFulfillment, ParcelStatus, Shipment,
};
use domain::page::PageRequest;
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::shopper::OrderActor;
use lambda::http::{IdempotentJson, IdempotentResponse, List, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

/// A parcel: pieces of an order that are shipped together.
#[derive(Serialize, ToSchema)]
pub(crate) struct FulfillmentView {
    id: FulfillmentId,
    order: OrderId,
    status: ParcelStatus,
    lines: Vec<FulfillmentLineView>,
    /// Null until it is handed over.
    shipment: Option<ShipmentView>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    shipped_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    cancelled_at: Option<OffsetDateTime>,
}

#[derive(Serialize, ToSchema)]
struct FulfillmentLineView {
    product: ProductId,
    sku: String,
    name: String,
    /// Pieces.
    quantity: i32,
}

impl From<Fulfillment> for FulfillmentView {
    fn from(parcel: Fulfillment) -> Self {
        let line = |FulfillmentLine { product, sku, name, quantity }| FulfillmentLineView {
            product,
            sku,
            name,
            quantity,
        };
        Self {
            id: parcel.id,
            order: parcel.order,
            status: parcel.status,
            lines: parcel.lines.into_iter().map(line).collect(),
            shipment: parcel.shipment.as_ref().map(ShipmentView::from),
            created_at: parcel.created_at,
            shipped_at: parcel.shipped_at,
            cancelled_at: parcel.cancelled_at,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListFulfillments {
    /// The most items on a page; 20 by default.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List an order's parcels
///
/// Oldest first. An order that was shipped as a whole before there were parcels has one, under its own digits.
#[utoipa::path(
    get,
    path = "/v1/orders/{order_id}/fulfillments",
    tag = "orders",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(("order_id" = OrderId, Path, description = "The order's id"), ListFulfillments),
    responses(
        (status = 200, description = "A page of parcels", body = List<FulfillmentView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user or guest", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_fulfillments(
    State(Orders { app, .. }): State<Orders>,
    OrderActor(who): OrderActor,
    Path(id): Path<OrderId>,
    uri: Uri,
    Query(ListFulfillments { limit, cursor }): Query<ListFulfillments>,
) -> Result<List<FulfillmentView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let parcels = ordering::fulfillments(&app.db, who.viewer(), id, &page).await?;
    Ok(List::new(&uri, parcels, FulfillmentView::from))
}

/// Which pieces to pack, and how they are shipped. Without `carrier` the parcel is packed only, and waits to be handed over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lines": [{"product": "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", "quantity": 1}], "carrier": "DHL",
    "tracking_number": "00340434161094042557",
}))]
pub(crate) struct CreateFulfillment {
    /// Lines that name the same product are added up. Without it, all that is left.
    #[schema(min_items = 1, max_items = 100)]
    lines: Option<Vec<FulfillmentPieces>>,
    #[schema(min_length = 1, max_length = 100)]
    carrier: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    tracking_number: Option<String>,
    /// The URL where the buyer can track the parcel.
    #[schema(pattern = "^https://", max_length = 500)]
    tracking_url: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FulfillmentPieces {
    product: ProductId,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1000)]
    quantity: i64,
}

impl TryFrom<CreateFulfillment> for NewFulfillment {
    type Error = Invalid;

    fn try_from(body: CreateFulfillment) -> Result<Self, Invalid> {
        let pieces = |lines: Vec<FulfillmentPieces>| {
            Basket::new(lines.into_iter().map(|line| (line.product, line.quantity)))
        };
        let pieces = body.lines.map(pieces).transpose()?;
        let (number, url) = (body.tracking_number.as_deref(), body.tracking_url.as_deref());
        let shipment = match body.carrier.as_deref() {
            Some(carrier) => Some(Shipment::parse(carrier, number, url)?),
            None if number.is_some() || url.is_some() => {
                let detail = "must be named together with the tracking data";
                return Err(Invalid::new("/carrier", "missing", detail));
            }
            None => None,
        };
        Ok(Self::new(pieces, shipment))
    }
}

/// Pack or ship a parcel
///
/// Pieces of a confirmed order, never more than are left to ship. With `carrier`, they leave the stock and the buyer is
/// notified; without it, the parcel is packed, and `POST /v1/fulfillments/{fulfillment_id}/ship` hands it over. The parcel that
/// ships the last pieces makes the order `shipped`. Refused while the order's payment is disputed or may be fraud, and once all
/// of its money was refunded.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/fulfillments",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
         description = "Chosen by the client, unique per parcel. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = CreateFulfillment,
    responses(
        (status = 201, description = "The parcel", body = FulfillmentView),
        (status = 400, description = "`malformed_json`, `bad_body`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`order_not_found`", body = Problem),
        (status = 409, description = "`illegal_move` with `allowed`, `too_many_to_ship` with `product` and `left`, `nothing_to_ship`, `on_hold`, `order_refunded`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_fulfillment(
    State(Orders { app, dispatcher }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<OrderId>,
    IdempotentJson { request, body }: IdempotentJson<CreateFulfillment>,
) -> Result<IdempotentResponse, Problem> {
    let new = NewFulfillment::try_from(body)?;
    let call = IdempotentCall { request: Some(request), respond: created };
    let response = workflows::fulfill_order(&app.db, who.id, id, &new, &call).await?;
    dispatcher.try_send(&app.db).await;
    Ok(IdempotentResponse::created(response, "/v1/fulfillments"))
}

fn created(parcel: &Fulfillment) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::CREATED, &FulfillmentView::from(parcel.clone()))
}
