//! What shipping costs by each method, and when it arrives. Pure.

use super::basket::Basket;
use super::bill::Unavailable;
use super::destination::Destination;
use super::rules::{ShippingBasis, ShippingMethod, ShippingZone};
use crate::id::ProductId;
use time::{Date, Weekday};

/// What is to be shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    /// Grams of all that is shipped, or the products whose weight is not known.
    weight: Result<i64, Vec<ProductId>>,
}

impl Parcel {
    pub(super) fn of(basket: &Basket) -> Self {
        let shipped = || basket.lines().iter().filter(|line| line.requires_shipping);
        let weights =
            shipped().map(|line| Some(i64::from(line.weight_grams?) * i64::from(line.quantity)));
        let weight = weights.sum::<Option<i64>>().ok_or_else(|| {
            let unknown = shipped().filter(|line| line.weight_grams.is_none());
            unknown.map(|line| line.product).collect()
        });
        Self { weight }
    }

    /// In grams, if it is known.
    pub(super) fn weight(&self) -> Option<i64> {
        self.weight.as_ref().ok().copied()
    }
}

impl ShippingMethod {
    /// The price in minor units. `goods` is what is left of them after discounts, in minor units.
    pub(super) fn price(
        &self,
        place: &Destination,
        basket: &Basket,
        parcel: &Parcel,
        goods: i64,
    ) -> Result<i64, Unavailable> {
        if self.currency != basket.currency() {
            return Err(Unavailable::OtherCurrency);
        }
        let zones = self.zones.iter().filter(|zone| zone.contains(place));
        let zone = zones.max_by_key(|zone| zone.specificity()).ok_or(Unavailable::NoZone)?;
        let value = match self.basis {
            ShippingBasis::Flat => 0,
            ShippingBasis::Weight => parcel.weight.clone().map_err(Unavailable::NoWeight)?,
            ShippingBasis::Subtotal => goods,
        };
        let tiers = zone.tiers.iter().filter(|tier| tier.from <= value);
        let tier = tiers.max_by_key(|tier| tier.from).ok_or(Unavailable::NoTier)?;
        let price = tier.price_minor.ok_or(Unavailable::NoTier)?;
        Ok(if self.free_from_minor.is_some_and(|from| goods >= from) { 0 } else { price })
    }

    /// The first and the last day on which it may arrive, if it is shipped today.
    pub(super) fn days(&self, today: Date) -> (Option<Date>, Option<Date>) {
        let day = |days: Option<u16>| working_day(today, days?);
        (day(self.days_min), day(self.days_max))
    }
}

impl ShippingZone {
    fn contains(&self, place: &Destination) -> bool {
        (self.country.is_empty() || self.country == place.country().code())
            && place.is_in(&self.region, &self.postal_prefix)
    }

    fn specificity(&self) -> (bool, bool, usize) {
        (!self.country.is_empty(), !self.region.is_empty(), self.postal_prefix.len())
    }
}

/// So many days from Monday to Friday after `today`; for none, today or the Monday that follows.
fn working_day(today: Date, days: u16) -> Option<Date> {
    let is_free = |day: Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let mut day = today;
    let mut left = days;
    while left > 0 || is_free(day) {
        day = day.next_day()?;
        left = left.saturating_sub(u16::from(!is_free(day)));
    }
    Some(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn nothing_arrives_at_a_week_end() {
        for (today, days, arrives) in [
            (date!(2026 - 12 - 02), 0, date!(2026 - 12 - 02)),
            (date!(2026 - 12 - 02), 2, date!(2026 - 12 - 04)),
            (date!(2026 - 12 - 02), 3, date!(2026 - 12 - 07)),
            (date!(2026 - 12 - 05), 0, date!(2026 - 12 - 07)),
            (date!(2026 - 12 - 05), 1, date!(2026 - 12 - 07)),
            (date!(2026 - 12 - 06), 5, date!(2026 - 12 - 11)),
            (date!(2026 - 12 - 04), 90, date!(2027 - 04 - 09)),
        ] {
            assert_eq!(working_day(today, days), Some(arrives), "{days} days from {today}");
        }
        assert_eq!(working_day(Date::MAX, 1), None);
    }
}
