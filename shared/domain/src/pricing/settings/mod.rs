//! What holds for all prices of the shop: its home country, and whether there are any rules.

mod sql;

pub(crate) use sql::ALL as ALL_QUERIES;

use super::refusal::{Refusal, check_version};
use crate::country::Country;
use crate::db::Db;
use crate::failure::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopPricing {
    /// Where prices are estimated for before an address is known.
    pub home_country: Option<Country>,
    /// Whether there is a taxed country, an active shipping method or an active discount.
    pub has_rules: bool,
    /// Incremented by each change of the settings.
    pub version: i64,
}

pub async fn show(db: &Db) -> Result<ShopPricing, Failure<Refusal>> {
    Ok(sql::shop_pricing(db).await?)
}

/// Refused with `Stale` unless the settings have one of the expected versions. Without effect, the version stays.
pub async fn set_home_country(
    db: &Db,
    expected_versions: Option<&[i64]>,
    home_country: Option<Country>,
) -> Result<ShopPricing, Failure<Refusal>> {
    db.transaction(async |tx| {
        let current = sql::lock_shop_pricing(tx).await?;
        check_version(current.version, expected_versions)?;
        if current.home_country == home_country {
            return Ok(current);
        }
        Ok(sql::set_home_country(tx, home_country).await?)
    })
    .await
}
