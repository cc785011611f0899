//! Discounts and how they change.

use super::Refusal;
use super::attribute::{BuyersLimit, DiscountCode, DiscountTitle, Limit, Priority};
use super::scope::Scope;
use super::value::Value;
use super::window::{Window, WindowChange};
use crate::change::Change;
use crate::id::{DiscountId, OrderId};
use crate::money::Money;
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discount {
    pub id: DiscountId,
    pub title: DiscountTitle,
    /// `None` if it applies by itself.
    pub code: Option<DiscountCode>,
    pub scope: Scope,
    pub value: Value,
    pub window: Window,
    /// How many orders may have it at a time; `None` if their number is not limited.
    pub max_uses: Option<Limit>,
    /// How many orders have it. Counted only if their number is limited.
    pub used: i32,
    pub max_per_buyer: Option<BuyersLimit>,
    /// Whether it applies together with others that combine.
    pub combines: bool,
    pub priority: Priority,
    pub is_active: bool,
    /// Incremented by each change, not by uses.
    pub version: i64,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// A discount to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDiscount {
    pub title: DiscountTitle,
    pub code: Option<DiscountCode>,
    pub scope: Scope,
    pub value: Value,
    pub window: Window,
    pub max_uses: Option<Limit>,
    pub max_per_buyer: Option<BuyersLimit>,
    pub combines: bool,
    pub priority: Priority,
    pub is_active: bool,
}

/// The changes of one update. The default changes nothing. What buyers were promised under a code stays: the code, what it
/// takes off, and from what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscountChange {
    pub title: Option<DiscountTitle>,
    pub minimum: Change<Money>,
    pub window: WindowChange,
    pub max_uses: Change<Limit>,
    pub max_per_buyer: Change<BuyersLimit>,
    pub combines: Option<bool>,
    pub priority: Option<Priority>,
    pub is_active: Option<bool>,
}

/// An order that has, or had, a discount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscountUse {
    pub order: OrderId,
    /// The code that the buyer gave, if it has one.
    pub code: Option<String>,
    pub amount: Money,
    pub used_at: OffsetDateTime,
    /// When the order ended without being paid or shipped, and gave the discount back.
    pub released_at: Option<OffsetDateTime>,
}

impl Discount {
    /// The discount after `change`. The database sets the version and the timestamps.
    pub(super) fn changed(&self, change: &DiscountChange) -> Result<Self, Refusal> {
        Ok(Self {
            title: change.title.clone().unwrap_or_else(|| self.title.clone()),
            value: self.value.changed(change.minimum)?,
            window: self.window.changed(change.window)?,
            max_uses: self.changed_limit(change.max_uses)?,
            max_per_buyer: self.changed_buyers_limit(change.max_per_buyer)?,
            combines: change.combines.unwrap_or(self.combines),
            priority: change.priority.unwrap_or(self.priority),
            is_active: change.is_active.unwrap_or(self.is_active),
            ..self.clone()
        })
    }

    /// An order that is being placed may have seen that there is no limit, and would not be counted; so there is one from the
    /// beginning or never.
    fn changed_limit(&self, change: Change<Limit>) -> Result<Option<Limit>, Refusal> {
        let wanted = change.apply_to(self.max_uses);
        if wanted.is_some() != self.max_uses.is_some() {
            return Err(Refusal::LimitFixed);
        }
        if wanted.is_some_and(|wanted| wanted.uses() < self.used) {
            return Err(Refusal::BelowUsed { used: self.used });
        }
        Ok(wanted)
    }

    /// Uses from before there was a limit are not numbered, and buyers may have more uses than a lower one allows.
    fn changed_buyers_limit(
        &self,
        change: Change<BuyersLimit>,
    ) -> Result<Option<BuyersLimit>, Refusal> {
        let wanted = change.apply_to(self.max_per_buyer);
        match (self.max_per_buyer, wanted) {
            (None, Some(_)) => Err(Refusal::BuyersLimitFixed),
            (Some(current), Some(wanted)) if wanted < current => Err(Refusal::BuyersLimitFixed),
            _ => Ok(wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::pricing::DiscountTarget;

    fn welcome() -> Discount {
        let euros = |minor| Some(Money { minor, currency: Currency::EUR });
        Discount {
            id: DiscountId::generate(),
            title: DiscountTitle::parse("Welcome").unwrap(),
            code: Some(DiscountCode::parse("/code", "WELCOME").unwrap()),
            scope: Scope::new(DiscountTarget::Order, vec![], vec![]).unwrap(),
            value: Value::new(None, euros(500), euros(5000)).unwrap(),
            window: Window::default(),
            max_uses: Some(Limit(10)),
            used: 7,
            max_per_buyer: Some(BuyersLimit(2)),
            combines: false,
            priority: Priority::default(),
            is_active: true,
            version: 1,
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn only_what_is_named_changes() {
        let welcome = welcome();
        assert_eq!(welcome.changed(&DiscountChange::default()), Ok(welcome.clone()));

        let change = DiscountChange {
            title: Some(DiscountTitle::parse("Hello").unwrap()),
            minimum: Change::Clear,
            combines: Some(true),
            is_active: Some(false),
            ..DiscountChange::default()
        };
        let changed = welcome.changed(&change).unwrap();

        assert_eq!((changed.title.as_str(), changed.value.minimum()), ("Hello", None));
        assert!(changed.combines && !changed.is_active);
        assert_eq!(
            (changed.value.off(), changed.max_uses),
            (welcome.value.off(), welcome.max_uses)
        );
    }

    #[test]
    fn the_number_of_uses_stays_limited_and_covers_those_there_were() {
        let to = |max_uses| {
            let change = DiscountChange { max_uses, ..DiscountChange::default() };
            welcome().changed(&change).map(|changed| changed.max_uses)
        };
        for uses in [7, 8, 1000] {
            assert_eq!(to(Change::Set(Limit(uses))), Ok(Some(Limit(uses))));
        }
        assert_eq!(to(Change::Set(Limit(6))), Err(Refusal::BelowUsed { used: 7 }));
        assert_eq!(to(Change::Clear), Err(Refusal::LimitFixed));

        let unlimited = Discount { max_uses: None, used: 0, ..welcome() };
        let change =
            DiscountChange { max_uses: Change::Set(Limit(9)), ..DiscountChange::default() };
        assert_eq!(unlimited.changed(&change), Err(Refusal::LimitFixed));
    }

    #[test]
    fn a_buyers_limit_is_raised_or_removed_for_good() {
        let from = |current: Option<i16>, max_per_buyer| {
            let old = Discount { max_per_buyer: current.map(BuyersLimit), ..welcome() };
            let change = DiscountChange { max_per_buyer, ..DiscountChange::default() };
            old.changed(&change).map(|changed| changed.max_per_buyer.map(BuyersLimit::uses))
        };
        assert_eq!(from(Some(2), Change::Set(BuyersLimit(2))), Ok(Some(2)));
        assert_eq!(from(Some(2), Change::Set(BuyersLimit(3))), Ok(Some(3)));
        assert_eq!(from(Some(2), Change::Clear), Ok(None));
        assert_eq!(from(None, Change::Clear), Ok(None));
        assert_eq!(from(Some(2), Change::Set(BuyersLimit(1))), Err(Refusal::BuyersLimitFixed));
        assert_eq!(from(None, Change::Set(BuyersLimit(1))), Err(Refusal::BuyersLimitFixed));
    }
}
