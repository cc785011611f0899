//! SQL statements of the settings. They contain no business rules.

use super::ShopPricing;
use crate::country::Country;
use crate::db::{Db, DbError, Query, Tx, queries};
use tokio_postgres::Row;

queries! {
    SHOP_PRICING: "look up the settings of prices" = "
        select home_country, has_rules, guest_checkout, return_window_days, version from shop_pricing";

    LOCK_SHOP_PRICING: "lock the settings of prices" = "
        select home_country, has_rules, guest_checkout, return_window_days, version from shop_pricing for no key update";

    SET: "change the settings of prices" = "
        update shop_pricing
        set home_country = $1, guest_checkout = $2, return_window_days = $3, version = version + 1, revision = revision + 1
        returning home_country, has_rules, guest_checkout, return_window_days, version";
}

pub(super) async fn shop_pricing(db: &Db) -> Result<ShopPricing, DbError> {
    read(&SHOP_PRICING, db.row(&SHOP_PRICING, &[]).await?)
}

pub(super) async fn lock_shop_pricing(tx: &Tx<'_>) -> Result<ShopPricing, DbError> {
    read(&LOCK_SHOP_PRICING, tx.row(&LOCK_SHOP_PRICING, &[]).await?)
}

pub(super) async fn set(tx: &Tx<'_>, settings: ShopPricing) -> Result<ShopPricing, DbError> {
    let ShopPricing { home_country, guest_checkout, return_window_days, .. } = settings;
    let code = home_country.map(Country::code);
    read(&SET, tx.row(&SET, &[&code, &guest_checkout, &return_window_days]).await?)
}

/// The table has one row.
fn read(query: &Query, row: Option<Row>) -> Result<ShopPricing, DbError> {
    let invalid_row = |what| DbError::invalid_row(query, what);
    let row = row.ok_or_else(|| invalid_row("no row was returned"))?;
    let home_country = row
        .get::<_, Option<&str>>("home_country")
        .map(|code| Country::from_code(code).ok_or_else(|| invalid_row("home_country")));
    Ok(ShopPricing {
        home_country: home_country.transpose()?,
        has_rules: row.get("has_rules"),
        guest_checkout: row.get("guest_checkout"),
        return_window_days: row.get("return_window_days"),
        version: row.get("version"),
    })
}
