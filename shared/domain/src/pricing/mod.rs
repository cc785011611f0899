//! What a basket costs at a place: discounts, shipping, taxes, and what of it goes back in refunds. All of it is pure but for
//! what staff write about them and what orders use of it, which has SQL: `taxes`, `shipping_methods`, `discounts`, `settings`
//! and `uses`.

mod amount;
mod arithmetic;
mod basket;
mod bill;
mod calculation;
mod codes;
mod destination;
mod discount;
pub mod discounts;
mod itemize;
mod place;
mod price;
mod problem;
mod quote;
pub mod refund;
mod refusal;
mod rules;
pub mod settings;
mod shipping;
pub mod shipping_methods;
mod tax;
pub mod taxes;
mod uses;

pub use basket::{Basket, Line, Wish};
pub use bill::{
    AppliedDiscount, Bill, BilledLine, BilledShipping, OrderTax, ShippingOption, Unavailable,
    UnavailableMethod,
};
pub use codes::Codes;
pub use destination::Destination;
pub use place::{WrittenPlace, country_at};
pub use price::bill;
pub use problem::{Problem, Severity};
pub use quote::{Offer, Quote, QuotedLine, Wanted, quote};
pub use refusal::Refusal;
pub use rules::{
    DiscountTarget, Rules, ShippingBasis, ShippingTaxRule, ShippingTier, ShippingZone,
};
pub(crate) use uses::{ALL as ALL_USES, current_rules, take_back, use_discounts};

#[cfg(test)]
mod tests;
