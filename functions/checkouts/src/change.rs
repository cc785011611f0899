use crate::destination::ChangeDestination;
use crate::line::{WantedLine, cart};
use crate::view::{CheckoutView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::checkouts::{self, Change, CheckoutChange, ShipToChange};
use domain::email::Email;
use domain::failure::Invalid;
use domain::id::{CheckoutId, ShippingMethodId};
use domain::ordering::Note;
use domain::pricing::Codes;
use lambda::http::shopper::Shopper;
use lambda::http::{App, Json, Path, Problem, RequiredIfMatch, Throttled, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;

/// A JSON merge patch: absent fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"destination": {"country": "DE", "city": "Berlin"}, "note": null}))]
pub(crate) struct ChangeCheckout {
    /// The address of a guest; null removes it. An account has its own: there it is refused.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 254)]
    email: Change<String>,
    /// Replaces all lines; null removes them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<WantedLine>>, max_items = 100)]
    lines: Change<Vec<WantedLine>>,
    /// Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<ChangeDestination>)]
    destination: Change<ChangeDestination>,
    /// Null chooses none.
    #[serde(default)]
    #[schema(value_type = Option<ShippingMethodId>)]
    shipping_method: Change<ShippingMethodId>,
    /// Replaces all codes; null removes them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 5)]
    discount_codes: Change<Vec<String>>,
    /// Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1000)]
    note: Change<String>,
}

impl TryFrom<ChangeCheckout> for CheckoutChange {
    type Error = Invalid;

    fn try_from(body: ChangeCheckout) -> Result<Self, Invalid> {
        let codes = body.discount_codes.or_default();
        let note = match body.note {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(raw) => Note::parse(&raw)?.map_or(Change::Clear, Change::Set),
        };
        Ok(Self {
            email: body.email.try_map(|raw| Email::parse(&raw))?,
            cart: body.lines.or_default().map(cart).transpose()?,
            ship_to: body.destination.map(ShipToChange::from),
            shipping_method: body.shipping_method,
            codes: codes.map(|codes| Codes::parse("/discount_codes", codes)).transpose()?,
            note,
        })
    }
}

/// Change a checkout
///
/// A JSON merge patch of one's own checkout, or of the one that the secret opens. `If-Match` is required, so that no device overwrites what another one has
/// changed; only the version in it counts. A change without effect makes no new version. Requests with `discount_codes` or
/// `email` are limited to 30 a minute from one network address.
#[utoipa::path(
    patch,
    path = "/v1/checkouts/{checkout_id}",
    tag = "checkouts",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(
        ("checkout_id" = CheckoutId, Path, description = "The checkout's id"),
        ("If-Match" = String, Header, description = "The expected ETag, or several; 412 if none is of the current version"),
    ),
    request_body = ChangeCheckout,
    responses(
        (status = 200, description = "The changed checkout", body = CheckoutView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_if_match`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`checkout_not_found`, also for a checkout of another user or guest; `not_found`", body = Problem),
        (status = 409, description = "`checkout_completed` with `order`, `checkout_over` with `checkout_status`, `busy`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `not_for_sale` with `product`, `mixed_currencies`", body = Problem),
        (status = 428, description = "`precondition_required`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn change_checkout(
    State(app): State<App>,
    Shopper(who): Shopper,
    Visitor(visitor): Visitor,
    Path(id): Path<CheckoutId>,
    RequiredIfMatch(versions): RequiredIfMatch,
    Json(body): Json<ChangeCheckout>,
) -> Result<impl IntoResponse, Problem> {
    let (change, seen) = (CheckoutChange::try_from(body)?, versions.as_deref());
    let changed = checkouts::change(&app.db, &who, &visitor, id, seen, &change).await?;
    let view = CheckoutView::from(changed);
    Ok((tag(&view), Json(view)))
}
