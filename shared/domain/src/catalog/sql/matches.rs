//! SQL statements of searches whose best match is first.

use super::super::listing::{Filter, Fit, Listed, SortKey};
use super::super::row::read_product;
use super::super::{SearchTerms, Status};
use crate::db::{Db, DbError, Param, Query, queries};
use crate::id::ProductId;
use crate::money::Currency;
use std::cmp::Reverse;
use tokio_postgres::Row;

/// The number of the `Fit` for a name, and for queries of whole words and of words in name or SKU.
#[rustfmt::skip]
macro_rules! fit {
    ($name:literal, $whole:literal, $named:literal) => { concat!("
               case when ", sort_name!(), " = ", $name, " then 0
                    when ", search_terms!(), " @@ ", $whole, "::text::tsquery then 1
                    when ", search_terms!(), " @@ ", $named, "::text::tsquery then 2
                    else 3 end as fit") };
}

/// The newest products that match a query ($1). There is no condition that is not needed: planning takes longer than
/// execution.
#[rustfmt::skip]
macro_rules! newest_matches {
    ($filtered:expr, $name:literal, $whole:literal, $named:literal, $rows:literal) => { concat!("
        select ", product_columns!(), ",", fit!($name, $whole, $named), "
        from products
        where ", search_terms!(), " @@ $1::text::tsquery
          and ", $filtered, "
        order by id desc
        limit ", $rows) };
}

/// The newest products after one that match a query ($1), but neither a better one nor the name.
#[rustfmt::skip]
macro_rules! newest_that_fit {
    ($filtered:expr, $name:literal, $whole:literal, $named:literal, $better:literal, $after:literal, $rows:literal) => { concat!("
        select ", product_columns!(), ",", fit!($name, $whole, $named), "
        from products
        where ", search_terms!(), " @@ $1::text::tsquery
          and (", search_terms!(), " @@ ", $better, "::text::tsquery) is not true
          and ", sort_name!(), " is distinct from ", $name, "
          and ", $filtered, "
          and id < coalesce(", $after, "::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        order by id desc
        limit ", $rows) };
}

/// The newest products with this name that match a query ($1).
#[rustfmt::skip]
macro_rules! newest_with_name {
    ($filtered:expr, $name:literal, $after:literal, $rows:literal) => { concat!("
        select ", product_columns!(), ", 0 as fit
        from products
        where ", sort_name!(), " = ", $name, "
          and ", search_terms!(), " @@ $1::text::tsquery
          and ", $filtered, "
          and id < coalesce(", $after, "::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        order by id desc
        limit ", $rows) };
}

/// The newest products for sale that match a query ($1) among the very newest of all, and behind them, as far as they are, those
/// with the name. A constant limit bounds what is read, whatever is searched: so it is planned once and not for each search.
#[rustfmt::skip]
macro_rules! among_newest {
    () => { concat!("
        select ", product_columns!(), ", fit, false as is_named
        from (
            select *,", fit!("$2", "$3", "$4"), "
            from (select * from products order by id desc limit 1000) newest
            where status = 'active' and ", search_terms!(), " @@ $1::text::tsquery
            order by id desc
            limit $5
        ) newest
        union all
        select * from (
            select ", product_columns!(), ", 0 as fit, true as is_named
            from products
            where ", sort_name!(), " = $2
              and ", search_terms!(), " @@ $1::text::tsquery
              and status = 'active'
            order by id desc
            limit $5
        ) named") };
}

queries! {
    SALE_AMONG_NEWEST: "search among the newest products for sale" = among_newest!();
    SALE: "search products for sale" =
        newest_matches!("status = 'active'", "$2", "$3", "$4", "$5");
    SALE_THAT_FIT: "search products for sale that fit as well" =
        newest_that_fit!("status = 'active'", "$2", "$3", "$4", "$5", "$6", "$7");
    SALE_WITH_NAME: "search products for sale by their whole name" =
        newest_with_name!("status = 'active'", "$2", "$3", "$4");

    FILTERED: "search products" =
        newest_matches!(filtered!(), "$8", "$9", "$10", "$11");
    FILTERED_THAT_FIT: "search products that fit as well" =
        newest_that_fit!(filtered!(), "$8", "$9", "$10", "$11", "$12", "$13");
    FILTERED_WITH_NAME: "search products by their whole name" =
        newest_with_name!(filtered!(), "$8", "$9", "$10");
}

/// The newest products that match, however well.
pub(in crate::catalog) async fn newest_matches(
    db: &Db,
    filter: &Filter,
    terms: &SearchTerms,
    rows: i64,
) -> Result<Vec<Listed>, DbError> {
    let SearchTerms { whole, named, found, name, .. } = terms;
    let with: [Param<'_>; 4] = [name, whole, named, &rows];
    read(db, filter, (&SALE, &FILTERED), found, &with).await
}

/// Products for sale that match, however well: those among the newest ones, and those whose whole name is searched. Each
/// the newest first.
pub(in crate::catalog) async fn among_newest(
    db: &Db,
    terms: &SearchTerms,
    rows: i64,
) -> Result<(Vec<Listed>, Vec<Listed>), DbError> {
    let SearchTerms { whole, named, found, name, .. } = terms;
    let query = &SALE_AMONG_NEWEST;
    let rows = db.rows(query, &[found, name, whole, named, &rows]).await?;
    let (named, newest): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.get("is_named"));
    let read = |rows: Vec<&Row>| {
        let listed = rows.into_iter().map(|row| read_listed(query, row));
        let mut listed = listed.collect::<Result<Vec<_>, _>>()?;
        listed.sort_by_key(|listed| Reverse(listed.product.id));
        Ok(listed)
    };
    Ok((read(newest)?, read(named)?))
}

/// The newest products after one that match so well and no better.
pub(in crate::catalog) async fn matches(
    db: &Db,
    filter: &Filter,
    terms: &SearchTerms,
    fit: Fit,
    after: Option<ProductId>,
    rows: i64,
) -> Result<Vec<Listed>, DbError> {
    let SearchTerms { whole, named, found, name, .. } = terms;
    let (query, better) = match (fit, name) {
        (Fit::Name, None) => return Ok(Vec::new()),
        (Fit::Name, Some(_)) => {
            let with: [Param<'_>; 3] = [name, &after, &rows];
            return read(db, filter, (&SALE_WITH_NAME, &FILTERED_WITH_NAME), found, &with).await;
        }
        (Fit::Words, _) => (whole, None),
        (Fit::Beginnings, _) => (named, Some(whole)),
        (Fit::Description, _) => (found, Some(named)),
    };
    let with: [Param<'_>; 6] = [name, whole, named, &better, &after, &rows];
    read(db, filter, (&SALE_THAT_FIT, &FILTERED_THAT_FIT), query, &with).await
}

/// Sends the first statement for all products for sale, the second one if there is another filter.
async fn read(
    db: &Db,
    filter: &Filter,
    (for_sale, filtered): (&Query, &Query),
    terms: &str,
    with: &[Param<'_>],
) -> Result<Vec<Listed>, DbError> {
    let Filter { category, min_price, max_price, in_stock, .. } = filter;
    let (status, currency) = (filter.status.map(Status::name), filter.currency.map(Currency::code));
    let filters: [Param<'_>; 6] = [category, &status, min_price, max_price, &currency, in_stock];
    let (query, filters) =
        if filter.is_for_sale() { (for_sale, &[][..]) } else { (filtered, &filters[..]) };
    let terms: [Param<'_>; 1] = [&terms];
    let with = [&terms[..], filters, with].concat();
    db.rows(query, &with).await?.iter().map(|row| read_listed(query, row)).collect()
}

fn read_listed(query: &Query, row: &Row) -> Result<Listed, DbError> {
    let fit = Fit::from_number(row.get("fit")).ok_or(DbError::invalid_row(query, "fit"))?;
    Ok(Listed { product: read_product(query, row)?, key: SortKey::Fit(fit) })
}
