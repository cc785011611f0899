//! What a basket costs at a place: discounts, shipping, taxes, and what of it goes back in refunds. Pure, but for `discounts`,
//! which staff write.

mod arithmetic;
mod basket;
mod bill;
mod calculation;
mod codes;
mod destination;
mod discount;
pub mod discounts;
mod itemize;
mod price;
mod problem;
pub mod refund;
mod rules;
mod shipping;
mod tax;
mod uses;

pub use basket::{Basket, Line, Wish};
pub use bill::{
    AppliedDiscount, Bill, BilledLine, BilledShipping, OrderTax, ShippingOption, Unavailable,
    UnavailableMethod,
};
pub use codes::Codes;
pub use destination::Destination;
pub use price::bill;
pub use problem::{Problem, Severity};
pub use rules::{DiscountTarget, Rules};
pub(crate) use uses::{ALL as ALL_USES, use_discounts};

#[cfg(test)]
mod tests;
