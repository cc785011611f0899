use crate::destination::CheckoutDestination;
use crate::line::{WantedLine, lines};
use domain::checkouts::{Checkout, Priced, Status, Wishes};
use domain::email::Email;
use domain::id::{CheckoutId, OrderId, ShippingMethodId, UserId};
use domain::money::Currency;
use domain::ordering::Note;
use lambda::http::{BillView, ETag};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A checkout with what it costs now.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckoutView {
    id: CheckoutId,
    status: Status,
    /// Whether an order can be made of it now: it is open, and no problem is an error.
    ready: bool,
    version: i64,
    /// Of its lines; null without any.
    #[schema(required, value_type = Option<String>, example = "EUR")]
    currency: Option<Currency>,
    /// The order that it became.
    #[schema(required)]
    order: Option<OrderId>,
    /// The address of a guest.
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    destination: Option<CheckoutDestination>,
    /// The chosen method. What it costs is in `delivery`, if it is offered.
    #[schema(required)]
    shipping_method: Option<ShippingMethodId>,
    discount_codes: Vec<String>,
    #[schema(required)]
    note: Option<String>,
    #[serde(flatten)]
    bill: BillView,
    /// When it expires unless it is changed.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// A checkout that was just created.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedCheckout {
    #[serde(flatten)]
    pub(crate) checkout: CheckoutView,
    /// What opens a guest's checkout, as the header `Checkout-Secret`. It is shown this once; absent for that of an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "cks_mOV7Nf0y3yRPrzHn5vJYH2kS0k0vDpLrbWQyUk1fZ9A")]
    pub(crate) secret: Option<String>,
}

/// A checkout without what it costs.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckoutSummary {
    id: CheckoutId,
    status: Status,
    /// Whose account it belongs to; null for a guest's.
    #[schema(required)]
    user: Option<UserId>,
    /// The address of a guest.
    #[schema(required)]
    email: Option<String>,
    version: i64,
    #[schema(required, value_type = Option<String>, example = "EUR")]
    currency: Option<Currency>,
    lines: Vec<WantedLine>,
    #[schema(required)]
    order: Option<OrderId>,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// The version, and a digest of the view: prices and stock change while the version stays.
pub(crate) fn tag(view: &CheckoutView) -> ETag {
    ETag::version(view.version).and_content(view)
}

impl From<Priced> for CheckoutView {
    fn from(priced: Priced) -> Self {
        let ready = priced.is_ready();
        let Priced { checkout, quote } = priced;
        let Wishes { email, ship_to, shipping_method, codes, note, .. } = checkout.wishes;
        Self {
            id: checkout.id,
            status: checkout.status,
            ready,
            version: checkout.version,
            currency: checkout.currency,
            order: checkout.order,
            email: email.as_ref().map(Email::original).map(str::to_owned),
            destination: ship_to.as_ref().map(CheckoutDestination::from),
            shipping_method,
            discount_codes: codes.as_slice().to_vec(),
            note: note.as_ref().map(Note::text).map(str::to_owned),
            bill: quote.into(),
            expires_at: checkout.expires_at,
            created_at: checkout.created_at,
            updated_at: checkout.updated_at,
        }
    }
}

impl From<Checkout> for CheckoutSummary {
    fn from(checkout: Checkout) -> Self {
        Self {
            id: checkout.id,
            status: checkout.status,
            user: checkout.user,
            email: checkout.wishes.email.as_ref().map(Email::original).map(str::to_owned),
            version: checkout.version,
            currency: checkout.currency,
            lines: lines(&checkout.wishes.cart),
            order: checkout.order,
            expires_at: checkout.expires_at,
            created_at: checkout.created_at,
            updated_at: checkout.updated_at,
        }
    }
}
