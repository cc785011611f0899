use crate::destination::CheckoutDestination;
use crate::line::{WantedLine, cart};
use crate::view::{CheckoutView, CreatedCheckout};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::checkouts::{self, Created, ShipTo, Wishes};
use domain::email::Email;
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
    /// The address of a guest, which an order needs. An account has its own: there it is refused.
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
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
            email: body.email.as_deref().map(Email::parse).transpose()?,
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
/// Keeps what the caller wishes to buy, and prices it. It holds no prices and no stock. At most 60 a minute from one network
/// address, 30 with `discount_codes`.
///
/// That of an account becomes the checkout that its devices share, in place of the one before, which stays. It expires after 90
/// days without a change.
///
/// Without a token, it is a guest's, if the shop sells to guests. It expires after seven days without a change. `secret` is shown
/// this once: sent as the header `Checkout-Secret`, it opens this checkout and, for 90 days, the order that it
/// becomes. An `Idempotency-Key`
/// has no effect then: a request that is sent again makes another checkout, which holds nothing.
#[utoipa::path(
    post,
    path = "/v1/checkouts",
    tag = "checkouts",
    security((), ("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = CreateCheckout,
    responses(
        (status = 201, description = "The new checkout", body = CreatedCheckout),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`: the token is not valid, or there is none and the shop does not sell to guests", body = Problem),
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
    claimant: Option<Claimant>,
    Visitor(visitor): Visitor,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<CreateCheckout>,
) -> Result<impl IntoResponse, Problem> {
    let call = IdempotentCall { request, respond: created };
    let claim = claimant.map(|Claimant(claim)| claim);
    let response = checkouts::create(&app.db, claim, &visitor, &body.try_into()?, &call).await?;
    Ok(IdempotentResponse::created(response, "/v1/checkouts"))
}

fn created(Created { priced, secret }: &Created) -> RecordedResponse {
    let checkout = CheckoutView::from(priced.clone());
    let secret = secret.as_ref().map(|secret| secret.text().to_owned());
    IdempotentResponse::record(StatusCode::CREATED, &CreatedCheckout { checkout, secret })
}
