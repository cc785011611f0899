//! SQL statements of taxed countries and their rates. They contain no business rules.

use super::super::rules::ShippingTaxRule;
use super::{CountrySettings, NewTaxRate, RateFilter, RatePosition, TaxCountry, TaxRate};
use crate::country::Country;
use crate::db::{Db, DbError, Param, Query, Tx, queries};
use crate::id::UserId;
use crate::page::{PageRequest, TextKey};
use crate::tax_category::TaxCategory;
use tokio_postgres::Row;

macro_rules! country_columns {
    () => {
        "country, prices_include_tax, shipping_rule, version, created_at, updated_at"
    };
}

macro_rules! rate_columns {
    () => {
        "country, region, postal_prefix, category, component, rate_ppm, label, valid_from, created_at"
    };
}

queries! {
    COUNTRY: "look up a taxed country" = concat!("
        select ", country_columns!(), " from tax_countries where country = $1");

    LOCK_COUNTRY: "lock a taxed country" = concat!("
        select ", country_columns!(), " from tax_countries where country = $1 for no key update");

    COUNTRIES: "list taxed countries" = concat!("
        select ", country_columns!(), "
        from tax_countries
        where country > coalesce($1, '')
        order by country
        limit $2");

    UPSERT_COUNTRY: "tax a country" = concat!("
        insert into tax_countries as taxed (country, prices_include_tax, shipping_rule)
        values ($1, $2, $3)
        on conflict (country) do update
        set prices_include_tax = excluded.prices_include_tax, shipping_rule = excluded.shipping_rule,
            version = taxed.version + 1, updated_at = now()
        returning ", country_columns!());

    /// A row begins a minute from now at the earliest: half of one is for the way.
    INSERT_RATE: "add a tax rate" = concat!("
        insert into tax_rates as added (country, region, postal_prefix, category, component, rate_ppm, label, valid_from, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, clock_timestamp() + interval '90 seconds'), $9)
        returning ", rate_columns!(), ", (
            select min(later.valid_from) from tax_rates later
            where (later.country, later.region, later.postal_prefix, later.category, later.component)
                  = (added.country, added.region, added.postal_prefix, added.category, added.component)
              and later.valid_from > added.valid_from) as valid_until");

    RATES: "list tax rates" = concat!("
        select ", rate_columns!(), ",
               lead(valid_from) over (partition by country, region, postal_prefix, category, component
                                      order by valid_from) as valid_until
        from tax_rates
        where ($1::text is null or country = $1) and ($2::text is null or region = $2)
          and (country, region, postal_prefix, category, component, valid_from)
              > (coalesce($3, ''), coalesce($4, ''), coalesce($5, ''), coalesce($6, ''), coalesce($7, ''),
                 coalesce($8, '-infinity'::timestamptz))
        order by country, region, postal_prefix, category, component, valid_from
        limit $9");
}

pub(super) async fn country(db: &Db, country: Country) -> Result<Option<TaxCountry>, DbError> {
    let row = db.row(&COUNTRY, &[&country.code()]).await?;
    row.map(|row| read_country(&COUNTRY, &row)).transpose()
}

pub(super) async fn lock_country(
    tx: &Tx<'_>,
    country: Country,
) -> Result<Option<TaxCountry>, DbError> {
    let row = tx.row(&LOCK_COUNTRY, &[&country.code()]).await?;
    row.map(|row| read_country(&LOCK_COUNTRY, &row)).transpose()
}

pub(super) async fn countries(
    db: &Db,
    page: &PageRequest<TextKey>,
) -> Result<Vec<TaxCountry>, DbError> {
    let after = page.after.as_ref().map(|key| &key.0);
    let rows = db.rows(&COUNTRIES, &[&after, &page.fetch_limit()]).await?;
    rows.iter().map(|row| read_country(&COUNTRIES, row)).collect()
}

pub(super) async fn upsert_country(
    tx: &Tx<'_>,
    country: Country,
    settings: CountrySettings,
) -> Result<TaxCountry, DbError> {
    let CountrySettings { prices_include_tax, shipping_rule } = settings;
    let row: [Param<'_>; 3] = [&country.code(), &prices_include_tax, &shipping_rule.name()];
    let row = returned(&UPSERT_COUNTRY, tx.row(&UPSERT_COUNTRY, &row).await?)?;
    read_country(&UPSERT_COUNTRY, &row)
}

pub(super) async fn insert_rate(
    tx: &Tx<'_>,
    staff: UserId,
    new: &NewTaxRate,
) -> Result<TaxRate, DbError> {
    let NewTaxRate { place, category, component, rate_ppm, label, valid_from } = new;
    let row: [Param<'_>; 9] = [
        &place.country().code(),
        &place.region(),
        &place.postal_prefix(),
        &category.as_str(),
        component,
        rate_ppm,
        label,
        valid_from,
        &staff,
    ];
    let row = returned(&INSERT_RATE, tx.row(&INSERT_RATE, &row).await?)?;
    read_rate(&INSERT_RATE, &row)
}

pub(super) async fn rates(
    db: &Db,
    filter: &RateFilter,
    page: &PageRequest<RatePosition>,
) -> Result<Vec<TaxRate>, DbError> {
    let after = page.after.as_ref();
    let text = |of: fn(&RatePosition) -> &TextKey| after.map(|position| &of(position).0);
    let with: [Param<'_>; 9] = [
        &filter.country.map(Country::code),
        &filter.region,
        &text(|position| &position.country),
        &text(|position| &position.region),
        &text(|position| &position.postal_prefix),
        &text(|position| &position.category),
        &text(|position| &position.component),
        &after.map(|position| position.valid_from),
        &page.fetch_limit(),
    ];
    db.rows(&RATES, &with).await?.iter().map(|row| read_rate(&RATES, row)).collect()
}

/// The row of a statement with `returning`, which always returns one.
fn returned(query: &Query, row: Option<Row>) -> Result<Row, DbError> {
    row.ok_or(DbError::invalid_row(query, "no row was returned"))
}

fn read_country(query: &Query, row: &Row) -> Result<TaxCountry, DbError> {
    let rule = ShippingTaxRule::from_name(row.get("shipping_rule"));
    Ok(TaxCountry {
        country: country_of(query, row)?,
        settings: CountrySettings {
            prices_include_tax: row.get("prices_include_tax"),
            shipping_rule: rule.ok_or(DbError::invalid_row(query, "shipping_rule"))?,
        },
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

fn read_rate(query: &Query, row: &Row) -> Result<TaxRate, DbError> {
    Ok(TaxRate {
        country: country_of(query, row)?,
        region: row.get("region"),
        postal_prefix: row.get("postal_prefix"),
        category: TaxCategory::from_stored(row.get("category")),
        component: row.get("component"),
        rate_ppm: row.get("rate_ppm"),
        label: row.get("label"),
        valid_from: row.get("valid_from"),
        valid_until: row.get("valid_until"),
        created_at: row.get("created_at"),
    })
}

fn country_of(query: &Query, row: &Row) -> Result<Country, DbError> {
    Country::from_code(row.get("country")).ok_or(DbError::invalid_row(query, "country"))
}
