//! Shipping methods and how they change. Pure.

use super::super::amount::payable;
use super::super::rules::{ShippingBasis, ShippingZone};
use super::zone::{WrittenZone, Zones};
use crate::change::Change;
use crate::failure::Invalid;
use crate::id::ShippingMethodId;
use crate::money::{Currency, Money};
use crate::tax_category::TaxCategory;
use crate::text;
use time::OffsetDateTime;

const MOST_DAYS: i16 = 90;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    pub id: ShippingMethodId,
    pub name: MethodName,
    pub carrier: Option<Carrier>,
    pub currency: Currency,
    pub basis: ShippingBasis,
    pub free_from: Option<FreeFrom>,
    pub tax_category: TaxCategory,
    pub days: Option<Days>,
    /// Its place in lists.
    pub position: i32,
    pub zones: Vec<ShippingZone>,
    pub is_active: bool,
    /// Incremented by each change.
    pub version: i64,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// One line of 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodName(pub(super) String);

/// One line of 1 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier(pub(super) String);

/// The value of the goods after discounts from which shipping is free, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeFrom(pub(super) i64);

/// The working days that a parcel takes: at least and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    min: i16,
    max: i16,
}

/// A method to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMethod {
    pub name: MethodName,
    pub carrier: Option<Carrier>,
    pub tax_category: TaxCategory,
    pub days: Option<Days>,
    pub position: i32,
    pub is_active: bool,
    pub free_from: Option<FreeFrom>,
    pub zones: Zones,
}

/// The changes of one update. The default changes nothing. Currency and basis stay: zones are written in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MethodChange {
    pub name: Option<MethodName>,
    pub carrier: Change<Carrier>,
    pub free_from_minor: Change<i64>,
    pub tax_category: Option<TaxCategory>,
    pub days: Change<Days>,
    pub position: Option<i32>,
    pub zones: Option<Vec<WrittenZone>>,
    pub is_active: Option<bool>,
}

impl Method {
    /// The method after `change`. The database sets the version and the timestamps.
    pub(super) fn changed(&self, change: &MethodChange) -> Result<Self, Invalid> {
        let MethodChange { name, carrier, tax_category, zones, .. } = change.clone();
        let zones = zones.map(|written| Zones::parse(self.currency, self.basis, &written));
        let free_from = match change.free_from_minor {
            Change::Keep => self.free_from,
            Change::Clear => None,
            Change::Set(minor) => Some(FreeFrom::new(self.currency, minor)?),
        };
        Ok(Self {
            name: name.unwrap_or_else(|| self.name.clone()),
            carrier: carrier.apply_to(self.carrier.clone()),
            free_from,
            tax_category: tax_category.unwrap_or_else(|| self.tax_category.clone()),
            days: change.days.apply_to(self.days),
            position: change.position.unwrap_or(self.position),
            zones: zones.transpose()?.map_or_else(|| self.zones.clone(), Zones::into_list),
            is_active: change.is_active.unwrap_or(self.is_active),
            ..*self
        })
    }
}

impl FreeFrom {
    pub fn new(currency: Currency, minor: i64) -> Result<Self, Invalid> {
        if minor < 1 {
            return Err(Invalid::new("/free_from", "out_of_range", "must be at least 1"));
        }
        payable("/free_from", Money { minor, currency }).map(Self)
    }

    pub fn minor(self) -> i64 {
        self.0
    }
}

impl MethodName {
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        text::line("/name", raw, 200).map(Self)
    }
}

impl Carrier {
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        text::line("/carrier", raw, 100).map(Self)
    }
}

impl From<MethodName> for String {
    fn from(name: MethodName) -> Self {
        name.0
    }
}

impl From<Carrier> for String {
    fn from(carrier: Carrier) -> Self {
        carrier.0
    }
}

impl Days {
    pub fn new(min: i16, max: i16) -> Result<Self, Invalid> {
        if !(0..=max).contains(&min) || max > MOST_DAYS {
            let detail =
                format!("min must not be above max, and both be between 0 and {MOST_DAYS}");
            return Err(Invalid::new("/days", "out_of_range", detail));
        }
        Ok(Self { min, max })
    }

    pub(super) fn from_stored(min: Option<i16>, max: Option<i16>) -> Option<Self> {
        min.zip(max).map(|(min, max)| Self { min, max })
    }

    pub fn min(self) -> i16 {
        self.min
    }

    pub fn max(self) -> i16 {
        self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel() -> Method {
        let currency = Currency::EUR;
        let zones = Zones::parse(currency, ShippingBasis::Flat, &[]).unwrap();
        Method {
            id: ShippingMethodId::generate(),
            name: MethodName::parse("Parcel").unwrap(),
            carrier: Some(Carrier::parse("DHL").unwrap()),
            currency,
            basis: ShippingBasis::Flat,
            free_from: Some(FreeFrom::new(currency, 5000).unwrap()),
            tax_category: TaxCategory::default(),
            days: Some(Days::new(1, 3).unwrap()),
            position: 0,
            zones: zones.into_list(),
            is_active: true,
            version: 1,
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn only_what_is_named_changes() {
        let parcel = parcel();
        assert_eq!(parcel.changed(&MethodChange::default()), Ok(parcel.clone()));
        let change = MethodChange {
            carrier: Change::Clear,
            free_from_minor: Change::Set(4000),
            is_active: Some(false),
            ..MethodChange::default()
        };

        let changed = parcel.changed(&change).unwrap();

        assert_eq!((changed.carrier, changed.is_active), (None, false));
        assert_eq!(changed.free_from.map(FreeFrom::minor), Some(4000));
        assert_eq!((changed.name, changed.days), (parcel.name, parcel.days));
    }

    #[test]
    fn what_no_method_can_have_is_refused() {
        let zero = MethodChange { free_from_minor: Change::Set(0), ..MethodChange::default() };
        assert_eq!(parcel().changed(&zero).unwrap_err().code, "out_of_range");
        for (min, max) in [(-1, 3), (3, 2), (1, 91)] {
            assert_eq!(Days::new(min, max).unwrap_err().pointer, "/days");
        }
    }
}
