//! Where a method is offered, and at what prices. Pure.

use super::super::amount::{payable, tender};
use super::super::place::{Place, WrittenPlace};
use super::super::rules::{ShippingBasis, ShippingTier, ShippingZone};
use crate::failure::Invalid;
use crate::money::{Currency, Money};

const MOST_ZONES: usize = 500;
const MOST_TIERS: usize = 50;

/// A zone as it stands in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenZone {
    /// None for all places that no other zone is for.
    pub country: Option<String>,
    pub region: Option<String>,
    pub postal_prefix: Option<String>,
    /// In grams, or in minor units of goods after discounts.
    pub tiers: Vec<ShippingTier>,
}

/// The zones of a method, each place once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones {
    currency: Currency,
    basis: ShippingBasis,
    list: Vec<ShippingZone>,
}

impl Zones {
    /// Tiers are sorted. Errors name the zone, such as `/zones/0/country`.
    pub fn parse(
        currency: Currency,
        basis: ShippingBasis,
        written: &[WrittenZone],
    ) -> Result<Self, Invalid> {
        tender("/currency", currency)?;
        if written.len() > MOST_ZONES {
            let detail = format!("must be at most {MOST_ZONES}");
            return Err(Invalid::new("/zones", "too_many", detail));
        }
        let mut list: Vec<ShippingZone> = Vec::new();
        for (at, zone) in written.iter().enumerate() {
            let pointer = format!("/zones/{at}");
            let (country, region, postal_prefix) = zone.place(&pointer)?;
            let is_same = |other: &ShippingZone| {
                (&other.country, &other.region, &other.postal_prefix)
                    == (&country, &region, &postal_prefix)
            };
            if list.iter().any(is_same) {
                let detail = "another zone is for the same place";
                return Err(Invalid::new(pointer, "repeated", detail));
            }
            let tiers = tiers(&pointer, currency, basis, &zone.tiers)?;
            list.push(ShippingZone { country, region, postal_prefix, tiers });
        }
        Ok(Self { currency, basis, list })
    }

    pub(super) fn currency(&self) -> Currency {
        self.currency
    }

    pub(super) fn basis(&self) -> ShippingBasis {
        self.basis
    }

    pub(super) fn list(&self) -> &[ShippingZone] {
        &self.list
    }

    pub(super) fn into_list(self) -> Vec<ShippingZone> {
        self.list
    }
}

impl WrittenZone {
    /// Country, region and postal prefix as they are stored.
    fn place(&self, pointer: &str) -> Result<(String, String, String), Invalid> {
        let (region, postal_prefix) = (self.region.as_deref(), self.postal_prefix.as_deref());
        let Some(country) = &self.country else {
            if region.or(postal_prefix).is_some() {
                let detail = "must be there, if a region or postal prefix is";
                return Err(Invalid::new(format!("{pointer}/country"), "required", detail));
            }
            return Ok(<_>::default());
        };
        let place = Place::parse(WrittenPlace { pointer, country, region, postal_prefix })?;
        let country = place.country().code().to_owned();
        Ok((country, place.region().to_owned(), place.postal_prefix().to_owned()))
    }
}

fn tiers(
    zone: &str,
    currency: Currency,
    basis: ShippingBasis,
    written: &[ShippingTier],
) -> Result<Vec<ShippingTier>, Invalid> {
    let pointer = format!("{zone}/tiers");
    if !(1..=MOST_TIERS).contains(&written.len()) {
        let detail = format!("must be between 1 and {MOST_TIERS}");
        return Err(Invalid::new(pointer, "out_of_range", detail));
    }
    for (at, tier) in written.iter().enumerate() {
        let pointer = format!("{pointer}/{at}");
        if tier.from < 0 || (basis == ShippingBasis::Flat && tier.from > 0) {
            let detail = "must not be negative, and be 0 for a flat price";
            return Err(Invalid::new(format!("{pointer}/from"), "out_of_range", detail));
        }
        if written[..at].iter().any(|before| before.from == tier.from) {
            let detail = "another price holds from the same value on";
            return Err(Invalid::new(format!("{pointer}/from"), "repeated", detail));
        }
        if let Some(minor) = tier.price_minor {
            payable(&format!("{pointer}/amount"), Money { minor, currency })?;
        }
    }
    let mut tiers = written.to_vec();
    tiers.sort_by_key(|tier| tier.from);
    Ok(tiers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: ShippingTier = ShippingTier { from: 0, price_minor: Some(490) };

    fn zone(country: Option<&str>, region: Option<&str>, tiers: &[ShippingTier]) -> WrittenZone {
        let [country, region] = [country, region].map(|text| text.map(str::to_owned));
        WrittenZone { country, region, postal_prefix: None, tiers: tiers.to_vec() }
    }

    fn parse(basis: ShippingBasis, zones: &[WrittenZone]) -> Result<Zones, Invalid> {
        Zones::parse(Currency::from_code("KWD").unwrap(), basis, zones)
    }

    #[test]
    fn zones_are_stored_as_destinations_are_compared_with_them() {
        let none = ShippingTier { from: 31_500, price_minor: None };
        let zones =
            [zone(Some("US"), Some("new york"), &[none, PRICE]), zone(None, None, &[PRICE])];

        let zones = parse(ShippingBasis::Weight, &zones).unwrap();

        let [new_york, elsewhere] = zones.list() else { panic!("{zones:?}") };
        assert_eq!((&*new_york.country, &*new_york.region), ("US", "NY"));
        assert_eq!(new_york.tiers, [PRICE, none]);
        assert_eq!((&*elsewhere.country, &*elsewhere.region), ("", ""));
    }

    #[test]
    fn what_is_no_zone_is_refused_with_its_place() {
        let tier = |from, minor| ShippingTier { from, price_minor: Some(minor) };
        for (basis, zones, pointer, code) in [
            (
                ShippingBasis::Flat,
                vec![zone(None, Some("NY"), &[PRICE])],
                "/zones/0/country",
                "required",
            ),
            (
                ShippingBasis::Flat,
                vec![zone(Some("ZZ"), None, &[PRICE])],
                "/zones/0/country",
                "unknown_country",
            ),
            (ShippingBasis::Flat, vec![zone(None, None, &[PRICE]); 2], "/zones/1", "repeated"),
            (ShippingBasis::Flat, vec![zone(None, None, &[])], "/zones/0/tiers", "out_of_range"),
            (
                ShippingBasis::Flat,
                vec![zone(None, None, &[tier(1, 0)])],
                "/zones/0/tiers/0/from",
                "out_of_range",
            ),
            (
                ShippingBasis::Weight,
                vec![zone(None, None, &[tier(-1, 0)])],
                "/zones/0/tiers/0/from",
                "out_of_range",
            ),
            (
                ShippingBasis::Weight,
                vec![zone(None, None, &[PRICE, PRICE])],
                "/zones/0/tiers/1/from",
                "repeated",
            ),
            (
                ShippingBasis::Weight,
                vec![zone(None, None, &[tier(0, 495)])],
                "/zones/0/tiers/0/amount",
                "off_step",
            ),
            (
                ShippingBasis::Weight,
                vec![zone(None, None, &[tier(0, -10)])],
                "/zones/0/tiers/0/amount",
                "out_of_range",
            ),
        ] {
            let refused = parse(basis, &zones).unwrap_err();
            assert_eq!((&*refused.pointer, refused.code), (pointer, code));
        }
    }
}
