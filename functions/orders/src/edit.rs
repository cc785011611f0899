use crate::Orders;
use crate::view::{OrderView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::change::Change;
use domain::failure::Invalid;
use domain::id::OrderId;
use domain::ordering::{self, AddressChange, Edit, Note};
use lambda::http::caller::Caller;
use lambda::http::{Json, Path, Problem, RequiredIfMatch};
use serde::Deserialize;
use utoipa::ToSchema;

/// A JSON merge patch: absent fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"shipping_address": {"line2": "Second yard"}, "note": "Please ring twice."}))]
pub(crate) struct EditOrder {
    /// Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<EditAddress>)]
    shipping_address: Change<EditAddress>,
    /// Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1000)]
    note: Change<String>,
}

/// The parts of the address to change. Null removes an optional part. If the order has no address yet, `name`, `line1`,
/// `city` and `country` are required, and `postal_code` where the country requires one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditAddress {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    name: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    company: Change<String>,
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    line1: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    line2: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20)]
    postal_code: Change<String>,
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    city: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    region: Change<String>,
    #[serde(default)]
    #[schema(value_type = String, required = false, pattern = "^[A-Z]{2}$")]
    country: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 30, example = "+1 212 555 0100")]
    phone: Change<String>,
}

impl From<EditAddress> for AddressChange {
    fn from(body: EditAddress) -> Self {
        let EditAddress { name, company, line1, line2, postal_code, city, region, country, phone } =
            body;
        Self { name, company, line1, line2, postal_code, city, region, country, phone }
    }
}

impl TryFrom<EditOrder> for Edit {
    type Error = Invalid;

    fn try_from(body: EditOrder) -> Result<Self, Invalid> {
        let note = match body.note {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(raw) => Note::parse(&raw)?.map_or(Change::Clear, Change::Set),
        };
        Ok(Self { address: body.shipping_address.map(AddressChange::from), note })
    }
}

/// Edit an order
///
/// Changes the shipping address and the note; `POST /v1/orders/{order_id}/edits` changes the lines. Customers can edit pending orders, staff all that are not shipped.
/// `If-Match` is required, so that nobody overwrites changes they have not seen.
#[utoipa::path(
    patch,
    path = "/v1/orders/{order_id}",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("If-Match" = String, Header, description = "The expected ETag, or several; 412 if none is the current one"),
    ),
    request_body = EditOrder,
    responses(
        (status = 200, description = "The order", body = OrderView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_if_match`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user", body = Problem),
        (status = 409, description = "`order_not_changeable` with `order_status`, `destination_changes_price`, `busy`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons", body = Problem),
        (status = 428, description = "`precondition_required`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn edit_order(
    State(Orders { app, .. }): State<Orders>,
    who: Caller,
    Path(id): Path<OrderId>,
    RequiredIfMatch(versions): RequiredIfMatch,
    Json(body): Json<EditOrder>,
) -> Result<impl IntoResponse, Problem> {
    let edit = Edit::try_from(body)?;
    let order =
        ordering::edit(&app.db, who.acts_on_orders(), id, versions.as_deref(), &edit).await?;
    Ok((tag(&order), Json(OrderView::from(order))))
}
