use crate::destination::CheckoutDestination;
use crate::line::{WantedLine, cart};
use crate::view::CheckoutView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::checkouts::{self, Priced, ShipTo, Wishes};
use domain::failure::Invalid;
use domain::id::ShippingMethodId;
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::ordering::Note;
use domain::pricing::Codes;
use lambda::http::caller::Claimant;
use lambda::http::{App, IdempotentResponse, MaybeIdempotentJson, Problem, Throttled, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;

/// What somebody wishes to buy. All of it can be changed later.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"lines": [{"product": "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", "quantity": 2}]}))]
pub(crate) struct CreateCheckout {
    /// At most 100 lines. Quantities of the same product are added up.
    #[serde(default)]
    #[schema(max_items = 100)]
    lines: Vec<WantedLine>,
    destination: Option<CheckoutDestination>,
    shipping_method: Option<ShippingMethodId>,
    /// Codes of discounts, in any case.
    #[serde(default)]
    #[schema(max_items = 5)]
    discount_codes: Vec<String>,
    #[schema(max_length = 1000)]
    note: Option<String>,
}

impl TryFrom<CreateCheckout> for Wishes {
    type Error = Invalid;

    fn try_from(body: CreateCheckout) -> Result<Self, Invalid> {
        let note = body.note.as_deref().map(Note::parse).transpose()?;
        Ok(Self {
            cart: cart(body.lines)?,
            ship_to: body.destination.map(ShipTo::try_from).transpose()?,
            shipping_method: body.shipping_method,
            codes: Codes::parse("/discount_codes", body.discount_codes)?,
            note: note.flatten(),
        })
    }
}

/// Create a checkout
///
/// Keeps what the caller wishes to buy, and prices it. It becomes the checkout that the account's devices share, in place of
/// the one before, which stays. It holds no prices and no stock, and expires after 90 days without a change. At most 60 a
/// minute from one network address, 30 with `discount_codes`.
#[utoipa::path(
    post,
    path = "/v1/checkouts",
    tag = "checkouts",
    security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = CreateCheckout,
    responses(
        (status = 201, description = "The new checkout", body = CheckoutView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `not_for_sale` with `product`, `mixed_currencies`, `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn create_checkout(
    State(app): State<App>,
    Claimant(claim): Claimant,
    Visitor(visitor): Visitor,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<CreateCheckout>,
) -> Result<impl IntoResponse, Problem> {
    let call = IdempotentCall { request, respond: created };
    let response = checkouts::create(&app.db, claim, &visitor, &body.try_into()?, &call).await?;
    Ok(IdempotentResponse::created(response, "/v1/checkouts"))
}

fn created(priced: &Priced) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::CREATED, &CheckoutView::from(priced.clone()))
}
