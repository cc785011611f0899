//! `/v1/pricing`.

pub(crate) mod set;
pub(crate) mod show;

use domain::country::Country;
use domain::pricing::settings::ShopPricing;
use lambda::http::ETag;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct PricingView {
    /// The country that prices are estimated for before an address is known.
    #[schema(required, pattern = "^[A-Z]{2}$", example = "DE")]
    home_country: Option<&'static str>,
    /// Whether the shop has a taxed country, an active shipping method or an active discount.
    has_rules: bool,
    /// Whether those may create checkouts who have no account. Those that are open can be completed all the same.
    guest_checkout: bool,
    /// For how many days after an order's last parcel its buyer can request a return; null if only staff can.
    #[schema(required, minimum = 1, maximum = 3650)]
    return_window_days: Option<i32>,
}

impl From<ShopPricing> for PricingView {
    fn from(pricing: ShopPricing) -> Self {
        let home_country = pricing.home_country.map(Country::code);
        let ShopPricing { has_rules, guest_checkout, return_window_days, .. } = pricing;
        Self { home_country, has_rules, guest_checkout, return_window_days }
    }
}

/// Rules come and go without a new version.
fn tag(pricing: &ShopPricing) -> ETag {
    ETag::version(pricing.version).and(pricing.has_rules)
}
