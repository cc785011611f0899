//! Reads amounts of orders, and what their totals are made of.

use crate::country::Country;
use crate::db::{DbError, Query};
use crate::money::{Currency, Money};
use crate::ordering::order::OrderDiscount;
use crate::pricing::{BilledShipping, DiscountTarget, OrderTax};
use postgres_types::Json;
use serde::Deserialize;
use tokio_postgres::Row;

/// Also of an order whose taxes are all 0: it was taxed at 0 %, or its buyer is exempt.
macro_rules! select_taxes {
    () => {
        "(select jsonb_agg(to_jsonb(t)) from order_taxes t where t.order_id = o.id)"
    };
}

/// An order without a discount looks into no other table.
macro_rules! select_discounts {
    () => {
        "case when o.discount_minor > 0 then (
                   select jsonb_agg(jsonb_build_object(
                       'code', u.code, 'title', u.title, 'target', u.target, 'amount_minor', u.amount_minor))
                   from discount_uses u where u.order_id = o.id) end"
    };
}

pub(super) use {select_discounts, select_taxes};

#[derive(Deserialize)]
struct DiscountRow {
    code: Option<String>,
    title: String,
    target: DiscountTarget,
    amount_minor: i64,
}

/// A row of `order_taxes`.
#[derive(Deserialize)]
struct TaxRow {
    country: String,
    region: String,
    component: String,
    label: String,
    rate_ppm: i32,
    base_minor: i64,
    tax_minor: i64,
    included: bool,
}

pub(super) fn money(query: &Query, row: &Row, column: &str) -> Result<Money, DbError> {
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::invalid_row(query, "currency"))?;
    Ok(Money { minor: row.get(column), currency })
}

pub(super) fn taxes(query: &Query, row: &Row) -> Result<Vec<OrderTax>, DbError> {
    let stored: Option<Json<Vec<TaxRow>>> =
        row.try_get("taxes").map_err(|_| DbError::invalid_row(query, "taxes"))?;
    let Some(Json(stored)) = stored else { return Ok(Vec::new()) };
    let currency = money(query, row, "total_minor")?.currency;
    let amount = |minor| Money { minor, currency };
    let tax = |tax: TaxRow| {
        let country = Country::from_code(&tax.country);
        Ok(OrderTax {
            country: country.ok_or(DbError::invalid_row(query, "country of a tax"))?,
            region: tax.region,
            component: tax.component,
            label: tax.label,
            rate_ppm: tax.rate_ppm,
            base: amount(tax.base_minor),
            amount: amount(tax.tax_minor),
            is_included: tax.included,
        })
    };
    Ok(OrderTax::sorted(stored.into_iter().map(tax).collect::<Result<_, _>>()?))
}

pub(super) fn discounts(query: &Query, row: &Row) -> Result<Vec<OrderDiscount>, DbError> {
    let stored: Option<Json<Vec<DiscountRow>>> =
        row.try_get("discounts").map_err(|_| DbError::invalid_row(query, "discounts"))?;
    let Some(Json(stored)) = stored else { return Ok(Vec::new()) };
    let currency = money(query, row, "total_minor")?.currency;
    let discounts = stored.into_iter().map(|DiscountRow { code, title, target, amount_minor }| {
        OrderDiscount { code, title, target, amount: Money { minor: amount_minor, currency } }
    });
    Ok(OrderDiscount::sorted(discounts.collect()))
}

pub(super) fn shipping(query: &Query, row: &Row) -> Result<Option<BilledShipping>, DbError> {
    let Some(method) = row.get("shipping_method_id") else { return Ok(None) };
    let money = |column| money(query, row, column);
    let (price, discount) = (money("shipping_minor")?, money("shipping_discount_minor")?);
    let tax = money("shipping_tax_minor")?;
    Ok(Some(BilledShipping {
        method,
        name: row.get("shipping_name"),
        carrier: row.get("shipping_carrier"),
        price,
        discount,
        tax,
        tax_included: money("shipping_tax_included_minor")?,
        paid: Money { minor: price.minor - discount.minor + tax.minor, ..price },
        earliest: row.get("deliver_from"),
        latest: row.get("deliver_until"),
        weight_grams: row.get("weight_grams"),
    }))
}
