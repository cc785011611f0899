//! What staff write about taxes, shipping and discounts before the first sale.

use super::{Error, StepResult, expect, money};
use crate::Customer;
use crate::shop::Shop;
use serde_json::json;

/// The discount code that staff give away.
pub(super) const CODE: &str = "WELCOME";

/// A rate begins a minute after it was written at the earliest, and the database sees to it. The demo does not wait for
/// that: as the owner of the database, it moves the beginning to now.
const BEGIN_RATES: &str = "
    do $$ begin
        alter table tax_rates disable trigger tax_rates_stay;
        update tax_rates set valid_from = now() where valid_from > now();
        alter table tax_rates enable trigger tax_rates_stay;
    end $$";

/// Staff tax a country whose prices include the tax, and offer a way to ship there and a discount.
pub(super) async fn write(
    shop: &Shop,
    admin: &Customer,
    report: &impl Fn(&str, &str),
) -> StepResult {
    let country = json!({"prices_include_tax": true, "shipping_rule": "follow"});
    expect("rules", 201, &admin.put("/v1/tax-countries/DE", &country).await?)?;
    let rate = json!({"country": "DE", "rate_ppm": 190_000, "label": "MwSt"});
    expect("rules", 201, &admin.post("/v1/tax-rates", &rate).await?)?;
    shop.execute(BEGIN_RATES, &[]).await.map_err(Error::from)?;

    let parcel = json!({
        "name": "Parcel", "carrier": "DHL", "currency": "EUR", "basis": "flat",
        "zones": [{"country": "DE", "tiers": [{"from": 0, "amount": 490}]}],
    });
    expect("rules", 201, &admin.post("/v1/shipping-methods", &parcel).await?)?;
    let discount = json!({"title": "Welcome", "code": CODE, "target": "order", "percent_bp": 1000});
    let discount = admin.post("/v1/discounts", &discount).await?;
    expect("rules", 201, &discount)?;
    let price = money(&json!({"amount": 490, "currency": "EUR"}));
    report(
        "rules",
        &format!("prices in Germany include 19 % MwSt, a parcel is {price}, {CODE} takes 10 % off"),
    );
    Ok(())
}
