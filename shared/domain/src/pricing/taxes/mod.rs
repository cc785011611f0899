//! The countries that the shop taxes, and their rates as staff write them. What a basket is taxed with is `pricing/tax.rs`.

mod country;
mod rate;
mod sql;

pub use country::{CountrySettings, TaxCountry};
pub use rate::{NewTaxRate, RateFilter, RatePosition, TaxRate, WrittenTaxRate};
pub(crate) use sql::ALL as ALL_QUERIES;

use super::refusal::{self, Refusal, check_version};
use crate::country::Country;
use crate::db::Db;
use crate::failure::Failure;
use crate::id::UserId;
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::page::{Page, PageRequest, TextKey};

/// How a country is taxed.
pub async fn show_country(db: &Db, country: Country) -> Result<TaxCountry, Failure<Refusal>> {
    Ok(sql::country(db, country).await?.ok_or(Refusal::TaxCountryNotFound)?)
}

/// One page of the countries that are taxed, by code.
pub async fn list_countries(
    db: &Db,
    page: &PageRequest<TextKey>,
) -> Result<Page<TaxCountry>, Failure<Refusal>> {
    let countries = sql::countries(db, page).await?;
    Ok(page.paginate(countries, |taxed| TextKey(taxed.country.code().to_owned())))
}

/// Taxes a country, or changes how. Whether it was not taxed before. Refused with `Stale` unless it has one of the expected
/// versions. Without effect, the version stays.
pub async fn set_country(
    db: &Db,
    staff: UserId,
    country: Country,
    expected_versions: Option<&[i64]>,
    settings: CountrySettings,
) -> Result<(TaxCountry, bool), Failure<Refusal>> {
    db.transaction(async |tx| {
        let current = sql::lock_country(tx, country).await?;
        check_version(current.map_or(0, |taxed| taxed.version), expected_versions)?;
        match current {
            Some(taxed) if taxed.settings == settings => Ok((taxed, false)),
            _ => {
                tx.act_as_staff(staff);
                let taxed = sql::upsert_country(tx, country, settings).await?;
                Ok((taxed, taxed.version == 1))
            }
        }
    })
    .await
}

/// Adds a rate, once per request. It ends the one before of the same place, category and component.
pub async fn add_rate(
    db: &Db,
    staff: UserId,
    new: &NewTaxRate,
    call: &IdempotentCall<TaxRate>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        tx.act_as_staff(staff);
        sql::insert_rate(tx, staff, new).await.map_err(refusal::of_tax_rate)
    })
    .await
}

/// One page of the rates, also of those that ended: by place, category, component and time.
pub async fn list_rates(
    db: &Db,
    filter: &RateFilter,
    page: &PageRequest<RatePosition>,
) -> Result<Page<TaxRate>, Failure<Refusal>> {
    let rates = sql::rates(db, filter, page).await?;
    Ok(page.paginate(rates, RatePosition::of))
}
