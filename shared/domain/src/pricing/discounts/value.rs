//! How much a discount takes off, and from which price of its lines on.

use super::attribute::within;
use crate::change::Change;
use crate::failure::Invalid;
use crate::money::{Currency, Money};

/// All of a percent, in hundredths.
const WHOLE_BP: i32 = 10_000;

/// What a discount takes off, and the least price of its lines before discounts. Both are in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    off: Off,
    minimum: Option<Money>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// Hundredths of a percent: 1 to 10,000.
    Percent { bp: i32 },
    /// Once off all of its lines together.
    Fixed(Money),
}

impl Value {
    /// Exactly one of `percent_bp` and `amount` is given.
    pub fn new(
        percent_bp: Option<i64>,
        amount: Option<Money>,
        minimum: Option<Money>,
    ) -> Result<Self, Invalid> {
        let off = match (percent_bp, amount) {
            (Some(bp), None) => Off::Percent { bp: within("/percent_bp", 1, WHOLE_BP, bp)? },
            (None, Some(amount)) => Off::Fixed(payable("/amount", amount)?),
            _ => {
                let detail = "give either percent_bp or amount";
                return Err(Invalid::new("/percent_bp", "either_or", detail));
            }
        };
        Self { off, minimum: None }.with_minimum(minimum)
    }

    /// As it was stored.
    pub(super) fn from_stored(off: Off, minimum: Option<Money>) -> Self {
        Self { off, minimum }
    }

    /// The same value with another minimum. One that stays is not checked again.
    pub(super) fn changed(self, minimum: Change<Money>) -> Result<Self, Invalid> {
        let minimum = minimum.apply_to(self.minimum);
        if minimum == self.minimum { Ok(self) } else { self.with_minimum(minimum) }
    }

    fn with_minimum(self, minimum: Option<Money>) -> Result<Self, Invalid> {
        let minimum = minimum.map(|minimum| payable("/minimum", minimum)).transpose()?;
        match (self.off, minimum) {
            (Off::Fixed(amount), Some(minimum)) if amount.currency != minimum.currency => {
                let detail = format!("must be {}, like the amount", amount.currency);
                Err(Invalid::new("/minimum/currency", "other_currency", detail))
            }
            (off, minimum) => Ok(Self { off, minimum }),
        }
    }

    pub fn off(self) -> Off {
        self.off
    }

    pub fn minimum(self) -> Option<Money> {
        self.minimum
    }

    /// The only currency of orders that may have it; none for any.
    pub fn currency(self) -> Option<Currency> {
        match self.off {
            Off::Fixed(amount) => Some(amount.currency),
            Off::Percent { .. } => self.minimum.map(|minimum| minimum.currency),
        }
    }
}

/// A positive amount in a tender currency, on its step, and no higher than its ceiling.
fn payable(pointer: &str, money: Money) -> Result<Money, Invalid> {
    let currency = money.currency;
    let (step, ceiling) = (currency.step(), currency.ceiling());
    let invalid =
        |member, code, detail| Err(Invalid::new(format!("{pointer}/{member}"), code, detail));
    if !currency.is_tender() {
        return invalid("currency", "not_tender", format!("{currency} is no longer legal tender"));
    }
    if !(1..=ceiling.minor).contains(&money.minor) {
        let detail = format!("must be between 1 and {}, which is {ceiling}", ceiling.minor);
        return invalid("amount", "out_of_range", detail);
    }
    if !money.is_on_step() {
        let detail = format!("must be a multiple of {}, which is {step}", step.minor);
        return invalid("amount", "off_step", detail);
    }
    Ok(money)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money { minor, currency: Currency::from_code(code).unwrap() }
    }

    #[test]
    fn a_discount_is_a_percentage_or_an_amount() {
        let refused = |percent_bp, amount| {
            let refused = Value::new(percent_bp, amount, None).err();
            refused.map(|refused| (refused.pointer, refused.code))
        };
        let at = |pointer: &str, code| Some((pointer.to_owned(), code));
        let amount = |minor, code| Some(money(minor, code));
        for bp in [1, 1250, 10_000] {
            assert_eq!(refused(Some(bp), None), None);
        }
        for bp in [0, -1, 10_001, i64::MAX] {
            assert_eq!(refused(Some(bp), None), at("/percent_bp", "out_of_range"), "{bp}");
        }
        for fine in [amount(1, "EUR"), amount(500, "EUR"), amount(10, "KWD"), amount(100, "ISK")] {
            assert_eq!(refused(None, fine), None, "{fine:?}");
        }
        assert_eq!(refused(None, amount(0, "EUR")), at("/amount/amount", "out_of_range"));
        assert_eq!(
            refused(None, amount(1_000_000_000_000, "EUR")),
            at("/amount/amount", "out_of_range")
        );
        assert_eq!(refused(None, amount(15, "KWD")), at("/amount/amount", "off_step"));
        assert_eq!(refused(None, amount(150, "ISK")), at("/amount/amount", "off_step"));
        assert_eq!(refused(None, amount(100, "BGN")), at("/amount/currency", "not_tender"));
        assert_eq!(refused(None, None), at("/percent_bp", "either_or"));
        assert_eq!(refused(Some(1000), amount(500, "EUR")), at("/percent_bp", "either_or"));
    }

    #[test]
    fn the_minimum_is_in_the_currency_of_the_amount() {
        let fixed = Value::new(None, Some(money(500, "EUR")), Some(money(5000, "EUR"))).unwrap();
        assert_eq!(
            (fixed.currency(), fixed.minimum()),
            (Some(Currency::EUR), Some(money(5000, "EUR")))
        );
        let other = fixed.changed(Change::Set(money(5000, "JPY"))).unwrap_err();
        assert_eq!((other.pointer.as_str(), other.code), ("/minimum/currency", "other_currency"));
        let off_step = Value::new(Some(1000), None, Some(money(15, "KWD"))).unwrap_err();
        assert_eq!((off_step.pointer.as_str(), off_step.code), ("/minimum/amount", "off_step"));
    }

    #[test]
    fn a_percentage_holds_in_every_currency_or_in_that_of_its_minimum() {
        let percent = Value::new(Some(1000), None, None).unwrap();
        assert_eq!(percent.currency(), None);
        let above = percent.changed(Change::Set(money(5000, "JPY"))).unwrap();
        assert_eq!(above.currency(), Currency::from_code("JPY"));
        assert_eq!(above.changed(Change::Keep), Ok(above));
        assert_eq!(above.changed(Change::Clear), Ok(percent));
    }

    #[test]
    fn a_minimum_that_could_not_be_written_any_more_stays_until_it_changes() {
        let old = Value::from_stored(Off::Percent { bp: 1000 }, Some(money(1000, "BGN")));
        assert_eq!(old.changed(Change::Keep), Ok(old));
        assert_eq!(old.changed(Change::Set(money(1000, "BGN"))), Ok(old));
        assert!(old.changed(Change::Set(money(1100, "BGN"))).is_err());
    }
}
