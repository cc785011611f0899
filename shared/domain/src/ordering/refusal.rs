//! Why a request about an order is refused.

use crate::failure::{self, Invalid, Kind};
use crate::id::ProductId;
use crate::idempotency;
use crate::money::Money;
use crate::pricing::{AppliedDiscount, Quote, ShippingOption};
use crate::status::{OrderStatus, ParcelStatus};
use serde_json::{Map, Value, json};
use time::Date;

/// A product of which fewer pieces are available than requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    pub product: ProductId,
    pub sku: String,
    pub requested: i32,
    pub available: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the token is not valid, or no longer")]
    NotSignedIn,
    #[error("there is no such order")]
    NotFound,
    #[error("product {0} is not for sale")]
    NotForSale(ProductId),
    #[error("there is too little in stock")]
    OutOfStock(Vec<Shortage>),
    #[error("an order has one currency")]
    MixedCurrencies,
    #[error("the total is higher than {most}, the most that can be charged")]
    TooLarge { most: Money },
    #[error("the total is lower than {least}, the least that can be charged")]
    TooSmall { least: Money },
    #[error("tax and shipping depend on the destination: add an address")]
    AddressRequired,
    #[error("tax or shipping depends on the region: add it to the address")]
    RegionRequired,
    #[error("nothing is shipped to this destination")]
    NoShippingThere,
    #[error("choose one of the shipping options")]
    ShippingRequired(Vec<ShippingOption>),
    #[error("this shipping method is not offered for this order; choose one of the options")]
    ShippingOptionGone(Vec<ShippingOption>),
    #[error("the total is {total}, which is not what you expected")]
    TotalChanged { total: Money, quote: Box<Quote> },
    /// The quote is without the discount.
    #[error("the discount {} has been used as often as it can be", .discount.title)]
    DiscountUsedUp { discount: Box<AppliedDiscount>, total: Money, quote: Box<Quote> },
    #[error("{most} orders under this address wait for their payment; pay or cancel one of them first{}", verify_for(*.most_verified))]
    TooManyUnpaid { most: i64, most_verified: Option<i64> },
    #[error(
        "before you verify your email address, your unpaid orders may have at most {most} pieces of {product}"
    )]
    TooManyUnpaidPieces { product: ProductId, most: i32 },
    #[error("verify your email address first")]
    EmailUnproven,
    #[error("too many orders; try again in {retry_after} seconds, or verify your email address")]
    TooManyRequests { retry_after: u32 },
    #[error("an order that is {} cannot become {}", from.name(), to.name())]
    IllegalMove { from: OrderStatus, to: OrderStatus },
    #[error("a payment of the order is under way")]
    PaymentInProgress,
    #[error("the order belongs to an account, whose address it has")]
    NotAGuests,
    #[error("the order is about to be cancelled")]
    Ending,
    #[error("the order is on hold, because its payment is disputed")]
    OnHold,
    #[error("all money of the order was refunded, or is being refunded")]
    Refunded,
    #[error("there is no such parcel")]
    NoFulfillment,
    #[error("a parcel that is {} cannot become {}", from.name(), to.name())]
    IllegalParcelMove { from: ParcelStatus, to: ParcelStatus },
    #[error("only {left} pieces of {product} are left to ship")]
    TooManyToShip { product: ProductId, left: i32 },
    #[error("nothing of the order is left to ship")]
    NothingToShip,
    #[error("a part of the order was shipped: refund the pieces that are left instead")]
    PartlyShipped,
    #[error("an order that is {} can no longer be changed by you", .0.name())]
    NotChangeable(OrderStatus),
    #[error("the order was priced for its country and region, and cannot be sent to another")]
    DestinationChangesPrice,
    #[error("the order was changed since you read it")]
    Stale,
    #[error("only staff may look for the orders of a user")]
    UserIsForStaff,
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Idempotency(#[from] idempotency::Refusal),
}

impl Refusal {
    /// What the order would cost now, where that is why it is refused.
    pub fn quote(&self) -> Option<&Quote> {
        match self {
            Self::TotalChanged { quote, .. } | Self::DiscountUsedUp { quote, .. } => Some(quote),
            _ => None,
        }
    }
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::NotSignedIn => Kind::Unauthenticated,
            Self::NotFound | Self::NoFulfillment => Kind::NotFound,
            Self::NotForSale(_)
            | Self::MixedCurrencies
            | Self::AddressRequired
            | Self::RegionRequired
            | Self::NoShippingThere
            | Self::ShippingRequired(_)
            | Self::ShippingOptionGone(_)
            | Self::TooLarge { .. }
            | Self::TooSmall { .. } => Kind::Invalid,
            Self::OutOfStock(_)
            | Self::TotalChanged { .. }
            | Self::DiscountUsedUp { .. }
            | Self::TooManyUnpaid { .. }
            | Self::TooManyUnpaidPieces { .. }
            | Self::EmailUnproven
            | Self::IllegalMove { .. }
            | Self::PaymentInProgress
            | Self::Ending
            | Self::OnHold
            | Self::Refunded
            | Self::IllegalParcelMove { .. }
            | Self::TooManyToShip { .. }
            | Self::NothingToShip
            | Self::PartlyShipped
            | Self::DestinationChangesPrice
            | Self::NotAGuests
            | Self::NotChangeable(_) => Kind::Conflict,
            Self::Stale => Kind::PreconditionFailed,
            Self::UserIsForStaff => Kind::Forbidden,
            Self::TooManyRequests { .. } => Kind::RateLimited,
            Self::Invalid(refusal) => refusal.kind(),
            Self::Idempotency(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "sign_in",
            Self::NotFound => "order_not_found",
            Self::NotForSale(_) => "not_for_sale",
            Self::OutOfStock(_) => "out_of_stock",
            Self::MixedCurrencies => "mixed_currencies",
            Self::TooLarge { .. } => "total_too_large",
            Self::TooSmall { .. } => "total_too_small",
            Self::AddressRequired => "address_required",
            Self::RegionRequired => "region_required",
            Self::NoShippingThere => "no_shipping_there",
            Self::ShippingRequired(_) => "shipping_required",
            Self::ShippingOptionGone(_) => "shipping_option_gone",
            Self::TotalChanged { .. } => "total_changed",
            Self::DiscountUsedUp { .. } => "discount_used_up",
            Self::TooManyUnpaid { .. } => "too_many_unpaid",
            Self::TooManyUnpaidPieces { .. } => "too_many_unpaid_pieces",
            Self::EmailUnproven => "email_unproven",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::IllegalMove { .. } => "illegal_move",
            Self::PaymentInProgress => "payment_in_progress",
            Self::Ending => "order_ending",
            Self::NotAGuests => "order_of_account",
            Self::OnHold => "on_hold",
            Self::Refunded => "order_refunded",
            Self::NoFulfillment => "fulfillment_not_found",
            Self::IllegalParcelMove { .. } => "illegal_fulfillment_move",
            Self::TooManyToShip { .. } => "too_many_to_ship",
            Self::NothingToShip => "nothing_to_ship",
            Self::PartlyShipped => "partly_shipped",
            Self::NotChangeable(_) => "order_not_changeable",
            Self::DestinationChangesPrice => "destination_changes_price",
            Self::Stale => "stale",
            Self::UserIsForStaff => "wrong_role",
            Self::Invalid(refusal) => refusal.code(),
            Self::Idempotency(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        let (name, value) = match self {
            Self::OutOfStock(shortages) => ("lines", shortages.iter().map(shortage).collect()),
            // The refused state is left out, even if another caller might reach it.
            Self::IllegalMove { from, to } => {
                let others = from.allowed().filter(|next| next != to);
                ("allowed", others.map(OrderStatus::name).collect())
            }
            Self::NotForSale(product) => ("product", json!(product)),
            Self::ShippingRequired(options) | Self::ShippingOptionGone(options) => {
                ("options", options.iter().map(shipping_option).collect())
            }
            Self::TotalChanged { total, .. } => ("total", json!(total)),
            Self::DiscountUsedUp { discount, total, .. } => {
                let (code, total) = (json!(discount.code), json!(total));
                return members([("discount_code", code), ("total", total)]);
            }
            Self::TooManyUnpaid { most, most_verified: None } => ("most", json!(most)),
            Self::TooManyUnpaid { most, most_verified: Some(verified) } => {
                return members([("most", json!(most)), ("most_verified", json!(verified))]);
            }
            Self::TooManyUnpaidPieces { product, most } => {
                return members([("product", json!(product)), ("most", json!(most))]);
            }
            Self::TooManyRequests { retry_after } => ("retry_after", json!(retry_after)),
            Self::TooLarge { most } => ("most", json!(most)),
            Self::TooSmall { least } => ("least", json!(least)),
            // A parcel that is shipped or cancelled stays so.
            Self::IllegalParcelMove { from, .. } => {
                let (from, nothing) = (json!(from), json!([]));
                return members([("fulfillment_status", from), ("allowed", nothing)]);
            }
            Self::TooManyToShip { product, left } => {
                return members([("product", json!(product)), ("left", json!(left))]);
            }
            // Not `status`: a problem document has a member of that name.
            Self::NotChangeable(status) => ("order_status", json!(status)),
            Self::Invalid(refusal) => return refusal.details(),
            Self::Idempotency(refusal) => return refusal.details(),
            Self::NotSignedIn
            | Self::NotFound
            | Self::MixedCurrencies
            | Self::AddressRequired
            | Self::RegionRequired
            | Self::NoShippingThere
            | Self::EmailUnproven
            | Self::PaymentInProgress
            | Self::Ending
            | Self::NotAGuests
            | Self::OnHold
            | Self::Refunded
            | Self::NoFulfillment
            | Self::NothingToShip
            | Self::PartlyShipped
            | Self::DestinationChangesPrice
            | Self::Stale
            | Self::UserIsForStaff => return Map::new(),
        };
        members([(name, value)])
    }
}

fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn verify_for(most_verified: Option<i64>) -> String {
    let more = |most| format!(", or verify your email address and have {most}");
    most_verified.map(more).unwrap_or_default()
}

fn shortage(Shortage { product, sku, requested, available }: &Shortage) -> Value {
    json!({"product": product, "sku": sku, "requested": requested, "available": available})
}

fn shipping_option(option: &ShippingOption) -> Value {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let ShippingOption { method, name, carrier, price, tax, earliest, latest } = option;
    json!({
        "method": method, "name": name, "carrier": carrier, "price": price, "tax": tax,
        "earliest": day(*earliest), "latest": day(*latest),
    })
}

#[cfg(test)]
mod tests;
