//! What a shop has written about taxes, shipping and discounts, as far as it concerns one basket. Pure.
//!
//! It is read from the JSON value of the SQL function `pricing_rules(country, region, postal_prefixes, codes, currency,
//! buyer, account)`; the account may be left out. An example, with every member; each must be there, and may be null only
//! where a comment says so:
//!
//! ```json
//! {
//!   "at": "2026-12-02T10:00:00.123456+00:00",     // now() of the transaction
//!   "has_tax": true,                              // there is a country with tax
//!   "has_shipping": true,                         // there is an active method, in whatever currency
//!   "has_regions": false,                         // a rate of the country in force, or a zone of it, names a region
//!   "tax": {                                      // null: no tax in this country, or no country
//!     "prices_include_tax": true,
//!     "shipping_rule": "follow",                  // or "own", "none"
//!     "is_exempt": false,                         // the account's certificate holds at this place now
//!     "rates": [
//!       {
//!         "region": "",                           // empty: everywhere in the country
//!         "postal_prefix": "",
//!         "category": "standard",
//!         "component": "tax",
//!         "rate_ppm": 190000,                     // 0 to 1000000
//!         "label": "MwSt"
//!       }
//!     ]
//!   },
//!   "shipping_methods": [
//!     {
//!       "id": "0193f2a7-c1d8-7b3e-9a5f-4c2d1e0b9a87",
//!       "name": "Parcel",
//!       "carrier": "DHL",                         // or null
//!       "currency": "EUR",
//!       "basis": "weight",                        // or "flat", "subtotal"
//!       "free_from_minor": 5000,                  // or null
//!       "tax_category": "standard",
//!       "days_min": 1,                            // or null, together with days_max
//!       "days_max": 3,
//!       "position": 0,
//!       "zones": [
//!         {
//!           "country": "DE",                      // empty: everywhere else
//!           "region": "",
//!           "postal_prefix": "",
//!           "tiers": [                            // in any order
//!             {"from": 0, "price_minor": 490},    // grams, or minor units of goods after discounts
//!             {"from": 31500, "price_minor": null} // null: not from here on
//!           ]
//!         }
//!       ]
//!     }
//!   ],
//!   "discounts": [
//!     {
//!       "id": "0193f2a7-c1d8-7b3e-9a5f-4c2d1e0b9a88",
//!       "title": "Welcome",
//!       "code": "WELCOME",                        // null: applies by itself
//!       "target": "order",                        // or "products", "shipping"
//!       "value": {"percent_bp": 1000},            // or {"fixed_minor": 500}
//!       "currency": null,                         // null: any
//!       "minimum_minor": null,
//!       "products": [],                           // ids as the database has them
//!       "categories": [],
//!       "starts_at": null,                        // null for -infinity
//!       "ends_at": "2027-01-01T00:00:00+00:00",   // null for infinity
//!       "max_uses": 100,                          // or null
//!       "used": 7,
//!       "max_per_buyer": 1,                       // or null
//!       "used_by_buyer": 0,                       // uses of this buyer that were not given back; 0 without a buyer
//!       "combines": true,
//!       "priority": 100
//!     }
//!   ]
//! }
//! ```
//!
//! - It is called with what [`Destination`](super::Destination) and [`Codes`](super::Codes) say, so that
//!   regions, prefixes and codes are compared as they are stored.
//! - Rates: of this country, in force at `at`, of every category. A row whose `rate_ppm` is null ends the rate of its key, and is
//!   left out. Rates and zones of other regions and postal prefixes may be left out; if they are not, they have no effect.
//! - Methods: all active ones, also of other currencies. Their zones of this country and of everywhere else; all methods and no
//!   zones, if there is no country.
//! - Categories of a discount: those that it names, and all below them.
//! - Discounts: the active ones with one of the codes, also those that have ended, not begun, or are used up. Of those without a
//!   code, the first ten by priority and id that hold now, have uses left for everybody and for this buyer, and are of this
//!   currency or of any.
//! - Amounts are at most 999,999,999,999 and multiples of the currency's step. Times are as `to_jsonb` writes them.
//! - A shop without any rules answers null instead of the value: that is `Rules::default()`.

mod member;

use crate::id::{CategoryId, DiscountId, ProductId, ShippingMethodId};
use crate::money::Currency;
use member::{basis_points, id, ids, millionths, minor, nullable, optional_minor};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The rules for one destination, one currency, one buyer and some codes.
#[derive(Clone, Debug, Deserialize)]
pub struct Rules {
    /// The moment that the rules are of: `now()` of the transaction.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    /// Whether the shop taxes any country.
    pub(super) has_tax: bool,
    /// Whether the shop has any method of shipping.
    pub(super) has_shipping: bool,
    /// Whether rates or zones of the destination's country differ by region.
    pub(super) has_regions: bool,
    /// Of the destination's country.
    #[serde(deserialize_with = "nullable")]
    pub(super) tax: Option<CountryTax>,
    pub(super) shipping_methods: Vec<ShippingMethod>,
    pub(super) discounts: Vec<Discount>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct CountryTax {
    pub(super) prices_include_tax: bool,
    pub(super) shipping_rule: ShippingTaxRule,
    pub(super) is_exempt: bool,
    pub(super) rates: Vec<TaxRate>,
}

/// How shipping is taxed in a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShippingTaxRule {
    /// At the rates of the goods, in proportion to what is paid for them.
    Follow,
    /// At the rate of the method's own category.
    Own,
    /// Not at all.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct TaxRate {
    pub(super) region: String,
    pub(super) postal_prefix: String,
    pub(super) category: String,
    pub(super) component: String,
    #[serde(deserialize_with = "millionths")]
    pub(super) rate_ppm: i32,
    pub(super) label: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ShippingMethod {
    #[serde(deserialize_with = "id")]
    pub(super) id: ShippingMethodId,
    pub(super) name: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) carrier: Option<String>,
    pub(super) currency: Currency,
    pub(super) basis: ShippingBasis,
    #[serde(deserialize_with = "optional_minor")]
    pub(super) free_from_minor: Option<i64>,
    pub(super) tax_category: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) days_min: Option<u16>,
    #[serde(deserialize_with = "nullable")]
    pub(super) days_max: Option<u16>,
    pub(super) position: i32,
    pub(super) zones: Vec<ShippingZone>,
}

/// What a method is priced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShippingBasis {
    Flat,
    /// Grams of what is shipped.
    Weight,
    /// The goods after discounts, in minor units.
    Subtotal,
}

/// What a method costs at a place. Also the form in which methods store their zones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingZone {
    /// Empty for all places that no other zone of the method is for.
    pub country: String,
    /// Empty for all regions.
    pub region: String,
    /// Empty for all postal codes.
    pub postal_prefix: String,
    pub tiers: Vec<ShippingTier>,
}

/// The price from a weight or value on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingTier {
    pub from: i64,
    /// Without one, the method is not offered.
    #[serde(deserialize_with = "optional_minor")]
    pub price_minor: Option<i64>,
}

/// A discount, as far as it may concern this basket.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Discount {
    #[serde(deserialize_with = "id")]
    pub(super) id: DiscountId,
    pub(super) title: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) code: Option<String>,
    pub(super) target: DiscountTarget,
    pub(super) value: DiscountValue,
    #[serde(deserialize_with = "nullable")]
    pub(super) currency: Option<Currency>,
    #[serde(deserialize_with = "optional_minor")]
    pub(super) minimum_minor: Option<i64>,
    #[serde(deserialize_with = "ids")]
    pub(super) products: Vec<ProductId>,
    #[serde(deserialize_with = "ids")]
    pub(super) categories: Vec<CategoryId>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) starts_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) ends_at: Option<OffsetDateTime>,
    #[serde(deserialize_with = "nullable")]
    pub(super) max_uses: Option<i32>,
    pub(super) used: i32,
    #[serde(deserialize_with = "nullable")]
    pub(super) max_per_buyer: Option<i32>,
    pub(super) used_by_buyer: i32,
    pub(super) combines: bool,
    pub(super) priority: i16,
}

/// What a discount is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscountTarget {
    /// Its products and those of its categories.
    Products,
    /// All lines.
    Order,
    Shipping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DiscountValue {
    /// Hundredths of a percent, from 1 to 10,000.
    PercentBp(#[serde(deserialize_with = "basis_points")] i32),
    /// Once off all of its lines together.
    FixedMinor(#[serde(deserialize_with = "minor")] i64),
}

impl Rules {
    /// The same rules, when these discounts have been used as often as they can be.
    pub(crate) fn with_used_up(mut self, discounts: &[DiscountId]) -> Self {
        for discount in &mut self.discounts {
            if discounts.contains(&discount.id) {
                discount.max_uses = Some(0);
            }
        }
        self
    }
}

/// A shop without rules.
impl Default for Rules {
    fn default() -> Self {
        Self {
            at: OffsetDateTime::UNIX_EPOCH,
            has_tax: false,
            has_shipping: false,
            has_regions: false,
            tax: None,
            shipping_methods: Vec::new(),
            discounts: Vec::new(),
        }
    }
}
