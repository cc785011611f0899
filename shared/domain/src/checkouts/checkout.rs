//! What a checkout is, and how it changes. Pure.

use super::cart::Cart;
use super::refusal::Refusal;
use super::ship_to::{ShipTo, ShipToChange};
use super::status::Status;
use crate::change::Change;
use crate::email::Email;
use crate::failure::Invalid;
use crate::guests::{GuestKey, Opener, Secret};
use crate::id::{CheckoutId, OrderId, ProductId, ShippingMethodId, UserId};
use crate::money::{Currency, Money};
use crate::ordering::{self, Basket, NewOrder, Note};
use crate::pricing::{Codes, Offer, Problem, Quote};
use time::{Duration, OffsetDateTime};

/// How long the checkout of an account is kept open after its last change.
const ACCOUNT_DAYS: i64 = 90;
/// The same of a guest.
const GUEST_DAYS: i64 = 7;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    pub id: CheckoutId,
    /// Whose account it belongs to; none for a guest's.
    pub user: Option<UserId>,
    /// The hash of what opens it, as long as it belongs to a guest.
    pub(super) secret_hash: Option<Vec<u8>>,
    /// Whether their address is proven to be theirs.
    pub is_proven: bool,
    pub status: Status,
    pub wishes: Wishes,
    /// Of its lines.
    pub currency: Option<Currency>,
    /// What it became.
    pub order: Option<OrderId>,
    /// The one of the account that took its lines over.
    pub(super) merged_into: Option<CheckoutId>,
    pub version: i64,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// What the buyer wishes: no prices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The address of a guest.
    pub email: Option<Email>,
    pub cart: Cart,
    pub ship_to: Option<ShipTo>,
    pub shipping_method: Option<ShippingMethodId>,
    pub codes: Codes,
    pub note: Option<Note>,
}

/// A change of a checkout: what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckoutChange {
    pub email: Change<Email>,
    /// Replaces all lines.
    pub cart: Option<Cart>,
    pub ship_to: Change<ShipToChange>,
    pub shipping_method: Change<ShippingMethodId>,
    pub codes: Option<Codes>,
    pub note: Change<Note>,
}

impl Checkout {
    /// Whether it belongs to this user.
    pub(super) fn is_of(&self, user: UserId) -> bool {
        self.user == Some(user)
    }

    /// Whether it may be read, changed and completed: by its account, or by a guest who shows its secret.
    pub(super) fn opens_to(&self, opener: &Opener) -> bool {
        match opener {
            Opener::Account(claim) => self.is_of(claim.user),
            Opener::Guest(GuestKey::Secret(secret)) => self.opens_to_secret(secret),
            Opener::Guest(GuestKey::Link { .. }) => false,
        }
    }

    /// Not once it, its order or its lines belong to an account.
    pub(super) fn opens_to_secret(&self, secret: &Secret) -> bool {
        self.user.is_none() && self.merged_into.is_none() && self.has_secret(secret)
    }

    /// Whether it is the checkout's secret, whatever it opens.
    pub(super) fn has_secret(&self, secret: &Secret) -> bool {
        self.secret_hash.as_ref() == Some(&secret.hash())
    }

    /// Refused once it is over.
    pub(super) fn must_be_open(&self) -> Result<(), Refusal> {
        match (self.status, self.order) {
            (Status::Open, _) => Ok(()),
            (Status::Completed, Some(order)) => Err(Refusal::Completed { order }),
            (status, _) => Err(Refusal::Over(status)),
        }
    }

    /// The same after a write at `at`. `currency` is that of the products that are known now.
    pub(super) fn written(
        self,
        wishes: Wishes,
        currency: Option<Currency>,
        at: OffsetDateTime,
    ) -> Self {
        let (version, expires_at) = (self.version + 1, expiry(self.user, at));
        let currency = currency.or(self.currency).filter(|_| !wishes.cart.lines().is_empty());
        Self { wishes, currency, version, updated_at: at, expires_at, ..self }
    }

    /// The same once an account has taken it over at `at`.
    pub(super) fn claimed_by(self, user: UserId, is_proven: bool, at: OffsetDateTime) -> Self {
        let (version, expires_at) = (self.version + 1, expiry(Some(user), at));
        let wishes = Wishes { email: None, ..self.wishes };
        Self { user: Some(user), is_proven, wishes, version, updated_at: at, expires_at, ..self }
    }

    /// The same once it is cancelled at `at`. Refused if it became an order.
    pub(super) fn cancelled(self, at: OffsetDateTime) -> Result<Self, Refusal> {
        match (self.status, self.order) {
            (Status::Completed, Some(order)) => Err(Refusal::Completed { order }),
            (Status::Open | Status::Expired, _) => {
                let (status, version) = (Status::Cancelled, self.version + 1);
                Ok(Self { status, version, updated_at: at, ..self })
            }
            (Status::Completed | Status::Cancelled, _) => Ok(self),
        }
    }

    /// What keeps it from becoming an order beside what its prices say.
    pub(super) fn problems(&self, quote: &Quote) -> Vec<Problem> {
        let address = self.wishes.ship_to.as_ref().map(ShipTo::missing).unwrap_or_default();
        let is_free = quote.bill.as_ref().is_some_and(|bill| bill.total.minor == 0);
        let is_free = is_free && !self.wishes.cart.lines().is_empty();
        let unproven = (is_free && !self.is_proven).then_some(Problem::EmailUnproven);
        let nobody = self.user.is_none() && self.wishes.email.is_none();
        let nobody = nobody.then_some(Problem::EmailRequired);
        address.into_iter().chain(nobody).chain(unproven).collect()
    }
}

/// When a checkout expires that is written at `at`.
pub(super) fn expiry(user: Option<UserId>, at: OffsetDateTime) -> OffsetDateTime {
    at + Duration::days(if user.is_some() { ACCOUNT_DAYS } else { GUEST_DAYS })
}

impl Wishes {
    /// The order that is wished for, over the total that the buyer was shown. Refused if a line or a part of the address is
    /// missing.
    pub(crate) fn order(&self, expected_total: Money) -> Result<NewOrder, ordering::Refusal> {
        let lines = self.cart.lines().iter();
        Ok(NewOrder {
            basket: Basket::new(lines.map(|line| (line.product, line.quantity.into())))?,
            address: self.ship_to.as_ref().map(ShipTo::address).transpose()?,
            note: self.note.clone(),
            shipping_method: self.shipping_method,
            discount_codes: self.codes.clone(),
            expected_total: Some(expected_total),
        })
    }

    /// The wishes after the change.
    pub(super) fn changed(&self, change: CheckoutChange) -> Result<Self, Invalid> {
        let ship_to = match change.ship_to {
            Change::Keep => self.ship_to.clone(),
            Change::Clear => None,
            Change::Set(change) => Some(change.apply_to(self.ship_to.as_ref())?),
        };
        Ok(Self {
            email: change.email.apply_to(self.email.clone()),
            cart: change.cart.map_or_else(|| self.cart.clone(), |new| new.shown_as(&self.cart)),
            ship_to,
            shipping_method: change.shipping_method.apply_to(self.shipping_method),
            codes: change.codes.unwrap_or_else(|| self.codes.clone()),
            note: change.note.apply_to(self.note.clone()),
        })
    }

    /// Refused if they name an address although they are an account's, which has one.
    pub(super) fn check_email(&self, user: Option<UserId>) -> Result<(), Invalid> {
        if user.is_some() && self.email.is_some() {
            let detail = "is for guests: an account has an address";
            return Err(Invalid::new("/email", "not_for_accounts", detail));
        }
        Ok(())
    }

    /// With so many pieces of a product.
    pub(super) fn with_line(&self, product: ProductId, quantity: i64) -> Result<Self, Invalid> {
        Ok(Self { cart: self.cart.with(product, quantity)?, ..self.clone() })
    }

    /// As they are written when the products are as offered and the buyer has been shown their prices. Refused if a product is
    /// unknown that was not in the cart `before`, or if there are several currencies.
    pub(super) fn shown(
        &self,
        offers: &[Offer],
        before: &Cart,
    ) -> Result<(Self, Option<Currency>), Refusal> {
        let offer = |product| offers.iter().find(|offer| offer.product == product);
        let before = before.products();
        let mut new = self.cart.lines().iter().filter(|line| !before.contains(&line.product));
        if let Some(line) = new.find(|line| offer(line.product).is_none()) {
            return Err(Refusal::NotForSale(line.product));
        }
        let cart = self.cart.with_prices(|product| offer(product).map(|offer| offer.price.minor));
        let mut currencies = offers.iter().map(|offer| offer.price.currency);
        let currency = currencies.next();
        if currencies.any(|other| Some(other) != currency) {
            return Err(Refusal::MixedCurrencies);
        }
        Ok((Self { cart, ..self.clone() }, currency))
    }
}
