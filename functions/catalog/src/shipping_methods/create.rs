use super::zone::Zone;
use super::{ShippingMethodView, WorkingDays};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::db::Db;
use domain::failure::Invalid;
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::money::Currency;
use domain::pricing::ShippingBasis;
use domain::pricing::shipping_methods::{
    self, Carrier, Days, FreeFrom, Method, MethodName, NewMethod, WrittenZone, Zones,
};
use domain::tax_category::TaxCategory;
use lambda::http::caller::Staff;
use lambda::http::{ETag, IdempotentResponse, MaybeIdempotentJson, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Parcel",
    "carrier": "DHL",
    "currency": "EUR",
    "basis": "weight",
    "free_from": 5000,
    "days": {"min": 1, "max": 3},
    "zones": [{"country": "DE", "tiers": [{"from": 0, "amount": 490}, {"from": 31_500, "amount": null}]}],
}))]
pub(crate) struct CreateShippingMethod {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(min_length = 1, max_length = 100)]
    carrier: Option<String>,
    /// It cannot be changed later.
    currency: Currency,
    /// Whether the price is flat, or by the weight or value of the order. It cannot be changed later. By weight, it is not
    /// offered for products whose weight is not known.
    basis: ShippingBasis,
    /// The value of the goods after discounts from which it is free, in minor units.
    #[schema(minimum = 1)]
    free_from: Option<i64>,
    #[schema(pattern = "^[a-z0-9][a-z0-9_-]{0,39}$")]
    tax_category: Option<String>,
    days: Option<WorkingDays>,
    /// Its place in lists; 0 by default.
    #[serde(default)]
    position: i32,
    /// Whether it is offered; true by default.
    #[serde(default = "yes")]
    active: bool,
    /// Each place once. Without any, it is offered nowhere.
    #[serde(default)]
    #[schema(max_items = 500)]
    zones: Vec<Zone>,
}

fn yes() -> bool {
    true
}

impl TryFrom<CreateShippingMethod> for NewMethod {
    type Error = Invalid;

    fn try_from(body: CreateShippingMethod) -> Result<Self, Invalid> {
        let (currency, basis) = (body.currency, body.basis);
        let category = body.tax_category.as_deref();
        let category = category.map(|raw| TaxCategory::parse("/tax_category", raw)).transpose()?;
        let zones: Vec<_> = body.zones.into_iter().map(WrittenZone::from).collect();
        let free_from = body.free_from.map(|minor| FreeFrom::new(currency, minor)).transpose()?;
        Ok(Self {
            name: MethodName::parse(&body.name)?,
            carrier: body.carrier.as_deref().map(Carrier::parse).transpose()?,
            tax_category: category.unwrap_or_default(),
            days: body.days.map(Days::try_from).transpose()?,
            position: body.position,
            is_active: body.active,
            free_from,
            zones: Zones::parse(currency, basis, &zones)?,
        })
    }
}

/// Create a shipping method
#[utoipa::path(
    post,
    path = "/v1/shipping-methods",
    tag = "shipping",
    security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = CreateShippingMethod,
    responses(
        (
            status = 201,
            description = "The new shipping method",
            body = ShippingMethodView,
            headers(("ETag" = String, description = "The entity tag, for `If-Match`")),
        ),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_shipping_method(
    State(db): State<Db>,
    Staff(who): Staff,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<CreateShippingMethod>,
) -> Result<impl IntoResponse, Problem> {
    let call = IdempotentCall { request, respond: created };
    let response = shipping_methods::create(&db, who.id, &body.try_into()?, &call).await?;
    Ok((ETag::version(1), IdempotentResponse::created(response, "/v1/shipping-methods")))
}

fn created(method: &Method) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::CREATED, &ShippingMethodView::from(method.clone()))
}
