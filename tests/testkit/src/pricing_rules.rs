//! Factories of what a shop writes about taxes, shipping and discounts.

use crate::Shop;
use domain::id::{CategoryId, DiscountId, ShippingMethodId};
use serde_json::Value;
use tokio_postgres::types::ToSql;

/// A tax rate that has been in force for a day, such as `TaxRate { rate_ppm: Some(70_000), ..TaxRate::standard("DE") }`.
#[derive(Clone, Copy, Debug)]
pub struct TaxRate {
    pub country: &'static str,
    pub region: &'static str,
    pub postal_prefix: &'static str,
    pub category: &'static str,
    pub component: &'static str,
    /// Parts per million; without one, no rate holds.
    pub rate_ppm: Option<i32>,
    pub label: &'static str,
}

/// A discount, 10 % off an order by default.
#[derive(Clone, Debug)]
pub struct Discount {
    /// None: it applies by itself.
    pub code: Option<&'static str>,
    pub target: &'static str,
    /// In hundredths of a percent.
    pub percent_bp: i32,
    pub categories: Vec<CategoryId>,
    pub max_uses: Option<i32>,
    pub max_per_buyer: Option<i16>,
    pub combines: bool,
}

impl Discount {
    pub fn any() -> Self {
        Self {
            code: Some("WELCOME"),
            target: "order",
            percent_bp: 1000,
            categories: Vec::new(),
            max_uses: None,
            max_per_buyer: None,
            combines: false,
        }
    }
}

impl TaxRate {
    /// 19 %, everywhere in a country.
    pub fn standard(country: &'static str) -> Self {
        Self {
            country,
            region: "",
            postal_prefix: "",
            category: "standard",
            component: "tax",
            rate_ppm: Some(190_000),
            label: "VAT",
        }
    }
}

impl Shop {
    /// Taxes a country. Shipping is taxed like the goods.
    pub async fn tax_country(&self, country: &str, prices_include_tax: bool) {
        let sql = "insert into tax_countries (country, prices_include_tax, shipping_rule) values ($1, $2, 'follow')
                   on conflict (country) do nothing";
        self.admin.execute(sql, &[&country, &prices_include_tax]).await.unwrap();
    }

    /// Rates begin in the future; this one is inserted without the trigger that sees to it.
    pub async fn tax_rate(&self, rate: TaxRate) {
        let TaxRate { country, region, postal_prefix, category, component, rate_ppm, label } = rate;
        let row: [&(dyn ToSql + Sync); 7] =
            [&country, &region, &postal_prefix, &category, &component, &rate_ppm, &label];
        self.run("alter table tax_rates disable trigger tax_rates_begin_later").await;
        let sql = "insert into tax_rates (country, region, postal_prefix, category, component, rate_ppm, label, valid_from)
                   values ($1, $2, $3, $4, $5, $6, $7, now() - interval '1 day')";
        self.admin.execute(sql, &row).await.unwrap();
        self.run("alter table tax_rates enable trigger tax_rates_begin_later").await;
    }

    /// A method named Parcel with these zones.
    pub async fn shipping_method(
        &self,
        currency: &str,
        basis: &str,
        zones: &Value,
    ) -> ShippingMethodId {
        let id = ShippingMethodId::generate();
        let sql = "insert into shipping_methods (id, name, currency, basis, zones)
                   values ($1, 'Parcel', $2, $3, $4::text::jsonb)";
        self.admin.execute(sql, &[&id, &currency, &basis, &zones.to_string()]).await.unwrap();
        id
    }

    /// Its title is its code, or Sale.
    pub async fn discount(&self, discount: Discount) -> DiscountId {
        let id = DiscountId::generate();
        let Discount { code, target, percent_bp, categories, max_uses, max_per_buyer, combines } =
            discount;
        let title = code.unwrap_or("Sale");
        let sql = "insert into discounts (id, title, code, target, kind, percent_bp, categories, max_uses, max_per_buyer,
                                          combines)
                   values ($1, $2, $3, $4, 'percent', $5, $6, $7, $8, $9)";
        let row: [&(dyn ToSql + Sync); 9] = [
            &id,
            &title,
            &code,
            &target,
            &percent_bp,
            &categories,
            &max_uses,
            &max_per_buyer,
            &combines,
        ];
        self.admin.execute(sql, &row).await.unwrap();
        id
    }

    /// A discount on whole orders, in basis points.
    pub async fn percent_off(&self, code: Option<&str>, percent_bp: i32) -> DiscountId {
        let id = DiscountId::generate();
        let sql = "insert into discounts (id, title, code, target, kind, percent_bp)
                   values ($1, 'Sale', $2, 'order', 'percent', $3)";
        self.admin.execute(sql, &[&id, &code, &percent_bp]).await.unwrap();
        id
    }
}
