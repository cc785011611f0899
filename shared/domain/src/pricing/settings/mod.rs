//! What holds for the whole shop: its home country, whether there are any rules of prices, and whether guests may buy.

mod sql;

pub(crate) use sql::ALL as ALL_QUERIES;

use super::refusal::{Refusal, check_version};
use crate::country::Country;
use crate::db::Db;
use crate::failure::Failure;
use crate::id::UserId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopPricing {
    /// Where prices are estimated for before an address is known.
    pub home_country: Option<Country>,
    /// Whether there is a taxed country, an active shipping method or an active discount.
    pub has_rules: bool,
    /// Whether those may buy who have no account.
    pub guest_checkout: bool,
    /// Incremented by each change of the settings.
    pub version: i64,
}

pub async fn show(db: &Db) -> Result<ShopPricing, Failure<Refusal>> {
    Ok(sql::shop_pricing(db).await?)
}

/// Refused with `Stale` unless the settings have one of the expected versions. Without effect, the version stays. `None` leaves
/// it as it is whether guests may buy.
pub async fn set(
    db: &Db,
    staff: UserId,
    expected_versions: Option<&[i64]>,
    home_country: Option<Country>,
    guest_checkout: Option<bool>,
) -> Result<ShopPricing, Failure<Refusal>> {
    db.transaction(async |tx| {
        let current = sql::lock_shop_pricing(tx).await?;
        check_version(current.version, expected_versions)?;
        let guest_checkout = guest_checkout.unwrap_or(current.guest_checkout);
        if (current.home_country, current.guest_checkout) == (home_country, guest_checkout) {
            return Ok(current);
        }
        tx.act_as_staff(staff);
        Ok(sql::set(tx, home_country, guest_checkout).await?)
    })
    .await
}
