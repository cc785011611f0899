//! Amounts that rules name. Pure.

use crate::failure::Invalid;
use crate::money::{Currency, Money};

/// Refuses what cannot be charged in the currency; it may be below the least charge. In minor units.
pub(super) fn payable(pointer: &str, money: Money) -> Result<i64, Invalid> {
    let (step, ceiling) = (money.currency.step(), money.currency.ceiling());
    if !(0..=ceiling.minor).contains(&money.minor) {
        let detail = format!("must be between 0 and {}, which is {ceiling}", ceiling.minor);
        return Err(Invalid::new(pointer, "out_of_range", detail));
    }
    if !money.is_on_step() {
        let detail = format!("must be a multiple of {}, which is {step}", step.minor);
        return Err(Invalid::new(pointer, "off_step", detail));
    }
    Ok(money.minor)
}

/// Refuses a currency in which nothing new is priced.
pub(super) fn tender(pointer: &str, currency: Currency) -> Result<(), Invalid> {
    if currency.is_tender() {
        return Ok(());
    }
    Err(Invalid::new(pointer, "not_tender", format!("{currency} is no longer legal tender")))
}
