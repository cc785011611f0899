//! Checkouts in an export.

use domain::checkouts::{Checkout, Parts, ShipTo, Status, Wishes};
use domain::email::Email;
use domain::id::{CheckoutId, OrderId, ProductId, ShippingMethodId};
use domain::ordering::Note;
use domain::pricing::Wanted;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What the person wished to buy.
#[derive(Serialize, ToSchema)]
pub(super) struct ExportedCheckout {
    id: CheckoutId,
    status: Status,
    /// The address that was named, if it was a guest's.
    email: Option<String>,
    lines: Vec<ExportedCheckoutLine>,
    destination: Option<ExportedDestination>,
    shipping_method: Option<ShippingMethodId>,
    discount_codes: Vec<String>,
    note: Option<String>,
    /// The order that it became.
    order: Option<OrderId>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

#[derive(Serialize, ToSchema)]
struct ExportedCheckoutLine {
    product: ProductId,
    quantity: i32,
    /// What a piece cost when the checkout was last changed, in minor units.
    shown_minor: Option<i64>,
}

/// Where it was to go, as far as it was said.
#[derive(Serialize, ToSchema)]
struct ExportedDestination {
    country: &'static str,
    name: Option<String>,
    company: Option<String>,
    line1: Option<String>,
    line2: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    region: Option<String>,
    phone: Option<String>,
}

impl From<Checkout> for ExportedCheckout {
    fn from(checkout: Checkout) -> Self {
        let Wishes { email, cart, ship_to, shipping_method, codes, note } = checkout.wishes;
        Self {
            id: checkout.id,
            status: checkout.status,
            email: email.as_ref().map(Email::original).map(str::to_owned),
            lines: cart.lines().iter().map(ExportedCheckoutLine::from).collect(),
            destination: ship_to.as_ref().map(ExportedDestination::from),
            shipping_method,
            discount_codes: codes.as_slice().to_vec(),
            note: note.as_ref().map(Note::text).map(str::to_owned),
            order: checkout.order,
            created_at: checkout.created_at,
            updated_at: checkout.updated_at,
            expires_at: checkout.expires_at,
        }
    }
}

impl From<&Wanted> for ExportedCheckoutLine {
    fn from(line: &Wanted) -> Self {
        let Wanted { product, quantity, shown_minor } = *line;
        Self { product, quantity, shown_minor }
    }
}

impl From<&ShipTo> for ExportedDestination {
    fn from(ship_to: &ShipTo) -> Self {
        let Parts { name, company, line1, line2, postal_code, city, region, phone } =
            ship_to.parts().clone();
        let country = ship_to.country().code();
        Self { country, name, company, line1, line2, postal_code, city, region, phone }
    }
}
