//! What holds for the whole shop: its home country, whether there are any rules of prices, and whether guests may buy,
//! and for how long buyers can request returns.

mod sql;

pub(crate) use sql::ALL as ALL_QUERIES;

use super::refusal::{Refusal, check_version};
use crate::change::Change;
use crate::country::Country;
use crate::db::Db;
use crate::failure::{Failure, Invalid};
use crate::id::UserId;

const LONGEST_WINDOW: i32 = 3650;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopPricing {
    /// Where prices are estimated for before an address is known.
    pub home_country: Option<Country>,
    /// Whether there is a taxed country, an active shipping method or an active discount.
    pub has_rules: bool,
    /// Whether those may buy who have no account.
    pub guest_checkout: bool,
    /// For how many days after the last parcel buyers can request a return; none if only staff can.
    pub return_window_days: Option<i32>,
    /// Incremented by each change of the settings.
    pub version: i64,
}

/// What is to change of the settings. What is left out stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingsChange {
    pub home_country: Option<Country>,
    pub guest_checkout: Option<bool>,
    pub return_window_days: Change<i32>,
}

impl SettingsChange {
    pub fn new(
        home_country: Option<Country>,
        guest_checkout: Option<bool>,
        return_window_days: Change<i64>,
    ) -> Result<Self, Invalid> {
        let days = |days: i64| {
            let days = i32::try_from(days).ok().filter(|days| (1..=LONGEST_WINDOW).contains(days));
            let detail = "must be between 1 and 3650";
            days.ok_or_else(|| Invalid::new("/return_window_days", "out_of_range", detail))
        };
        let return_window_days = match return_window_days {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(raw) => Change::Set(days(raw)?),
        };
        Ok(Self { home_country, guest_checkout, return_window_days })
    }

    fn apply_to(self, current: ShopPricing) -> ShopPricing {
        let SettingsChange { home_country, guest_checkout, return_window_days } = self;
        ShopPricing {
            home_country,
            guest_checkout: guest_checkout.unwrap_or(current.guest_checkout),
            return_window_days: match return_window_days {
                Change::Keep => current.return_window_days,
                Change::Clear => None,
                Change::Set(days) => Some(days),
            },
            ..current
        }
    }
}

pub async fn show(db: &Db) -> Result<ShopPricing, Failure<Refusal>> {
    Ok(sql::shop_pricing(db).await?)
}

/// Refused with `Stale` unless the settings have one of the expected versions. Without effect, the version stays.
pub async fn set(
    db: &Db,
    staff: UserId,
    expected_versions: Option<&[i64]>,
    change: SettingsChange,
) -> Result<ShopPricing, Failure<Refusal>> {
    db.transaction(async |tx| {
        let current = sql::lock_shop_pricing(tx).await?;
        check_version(current.version, expected_versions)?;
        let changed = change.apply_to(current);
        if changed == current {
            return Ok(current);
        }
        tx.act_as_staff(staff);
        Ok(sql::set(tx, changed).await?)
    })
    .await
}
