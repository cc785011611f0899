//! Zones as clients write and read them.

use domain::pricing::shipping_methods::WrittenZone;
use domain::pricing::{ShippingTier, ShippingZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a method is offered. Of several zones that fit an address, the one of its country counts before the one of
/// everywhere else, then that of its region, then that of the longest postal prefix.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShippingZone)]
pub(crate) struct Zone {
    /// Null for everywhere else.
    #[schema(pattern = "^[A-Z]{2}$")]
    country: Option<String>,
    /// Null for all regions.
    #[schema(min_length = 1, max_length = 100)]
    region: Option<String>,
    /// The beginning of postal codes; null for all.
    #[schema(min_length = 1)]
    postal_prefix: Option<String>,
    #[schema(min_items = 1, max_items = 50)]
    tiers: Vec<Tier>,
}

/// The highest one at or below the weight or value of an order is its price.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShippingTier)]
struct Tier {
    /// Grams, or minor units of the goods after discounts; 0 for a flat price.
    #[schema(minimum = 0)]
    from: i64,
    /// The price in minor units of the method's currency. Null if the method is not offered from there on.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, minimum = 0, maximum = 999_999_999_999_i64)]
    amount: Option<i64>,
}

impl From<Zone> for WrittenZone {
    fn from(zone: Zone) -> Self {
        let Zone { country, region, postal_prefix, tiers } = zone;
        let tier = |Tier { from, amount }| ShippingTier { from, price_minor: amount };
        Self { country, region, postal_prefix, tiers: tiers.into_iter().map(tier).collect() }
    }
}

impl From<ShippingZone> for Zone {
    fn from(zone: ShippingZone) -> Self {
        let ShippingZone { country, region, postal_prefix, tiers } = zone;
        let named = |text: String| Some(text).filter(|text| !text.is_empty());
        let tier = |ShippingTier { from, price_minor }| Tier { from, amount: price_minor };
        Self {
            country: named(country),
            region: named(region),
            postal_prefix: named(postal_prefix),
            tiers: tiers.into_iter().map(tier).collect(),
        }
    }
}
