use crate::destination::CheckoutDestination;
use crate::line::{WantedLine, cart};
use axum::extract::State;
use domain::checkouts::{self, ShipTo, Wishes};
use domain::failure::Invalid;
use domain::id::ShippingMethodId;
use domain::pricing::Codes;
use lambda::http::caller::Caller;
use lambda::http::{App, BillView, Json, Problem, Throttled, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;

/// What is to be priced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lines": [{"product": "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", "quantity": 2}], "destination": {"country": "DE"},
}))]
pub(crate) struct CreateQuote {
    /// At most 100 lines. Quantities of the same product are added up.
    #[schema(max_items = 100)]
    lines: Vec<WantedLine>,
    /// Without it, taxes and shipping are those of the shop's home country, and `estimated` is true.
    destination: Option<CheckoutDestination>,
    shipping_method: Option<ShippingMethodId>,
    /// Codes of discounts, in any case.
    #[serde(default)]
    #[schema(max_items = 5)]
    discount_codes: Vec<String>,
}

impl TryFrom<CreateQuote> for Wishes {
    type Error = Invalid;

    fn try_from(body: CreateQuote) -> Result<Self, Invalid> {
        Ok(Self {
            email: None,
            cart: cart(body.lines)?,
            ship_to: body.destination.map(ShipTo::try_from).transpose()?,
            shipping_method: body.shipping_method,
            codes: Codes::parse("/discount_codes", body.discount_codes)?,
            note: None,
        })
    }
}

/// Price products
///
/// What products cost at a place, with shipping, taxes and discounts, and what keeps them from being ordered. Anybody may
/// ask; with a token, discounts and exemptions are those of the account. Nothing is kept or reserved. Requests with
/// `discount_codes` are limited to 30 a minute from one network address.
#[utoipa::path(
    post,
    path = "/v1/quotes",
    tag = "checkouts",
    security((), ("bearer" = [])),
    request_body = CreateQuote,
    responses(
        (status = 200, description = "The bill, with what is wrong with it under `problems`", body = BillView),
        (status = 400, description = "`malformed_json`, `bad_body`", body = Problem),
        (status = 401, description = "`sign_in`: the token is not valid", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `mixed_currencies`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn create_quote(
    State(app): State<App>,
    who: Option<Caller>,
    Visitor(visitor): Visitor,
    Json(body): Json<CreateQuote>,
) -> Result<Json<BillView>, Problem> {
    let buyer = who.map(|who| who.id);
    let quote = checkouts::quote(&app.db, buyer, &visitor, &body.try_into()?).await?;
    Ok(Json(quote.into()))
}
