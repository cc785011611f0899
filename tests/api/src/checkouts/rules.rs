//! What a shop has written about taxes, shipping and discounts.

use domain::id::{ShippingMethodId, UserId};
use serde_json::{Value, json};
use testkit::{Shop, TaxRate};

/// Taxes all goods of a country at one rate, in one region if one is named.
pub(super) async fn tax(
    shop: &Shop,
    country: &'static str,
    region: &'static str,
    rate_ppm: i32,
    included: bool,
) {
    shop.tax_country(country, included).await;
    let rate_ppm = Some(rate_ppm);
    shop.tax_rate(TaxRate { region, rate_ppm, ..TaxRate::standard(country) }).await;
}

/// A way to ship to these countries, at a flat price in cents. An empty country is everywhere else.
pub(super) async fn shipping(shop: &Shop, countries: &[&str], price: i64) -> ShippingMethodId {
    let zone = |country: &&str| {
        let tiers = json!([{"from": 0, "price_minor": price}]);
        json!({"country": country, "region": "", "postal_prefix": "", "tiers": tiers})
    };
    let zones: Vec<Value> = countries.iter().map(zone).collect();
    shop.shipping_method("EUR", "flat", &json!(zones)).await
}

/// Ten percent off everything by a code. `columns` sets further columns, such as `active = false`.
pub(super) async fn discount(shop: &Shop, code: &str, columns: &str) {
    shop.percent_off(Some(code), 1000).await;
    if !columns.is_empty() {
        shop.run(&format!("update discounts set {columns} where code = '{code}'")).await;
    }
}

pub(super) async fn home(shop: &Shop, country: &str) {
    shop.run(&format!("update shop_pricing set home_country = '{country}'")).await;
}

/// The buyer pays no tax in the country.
pub(super) async fn exempt(shop: &Shop, user: UserId, country: &str) {
    let sql = "insert into tax_exemptions (user_id, country, certificate, valid_from, created_by)
               values ($1, $2, 'C-1', now() - interval '1 day', $1)";
    shop.admin.execute(sql, &[&user, &country]).await.unwrap();
}
