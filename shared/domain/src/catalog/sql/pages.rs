//! SQL statements of product lists.

use super::super::Status;
use super::super::listing::{Filter, ListPosition, Listed, MatchKind, Sort, SortKey};
use super::super::row::read_product;
use crate::db::{Db, DbError, Param, Query, queries};
use crate::money::{Currency, Money};
use tokio_postgres::Row;

/// A page of the products `for_sale`, of `all`, of those `found` by full-text search, or by `fuzzy` search. Each kind
/// of search has its own statements, so that each can use its index.
macro_rules! products_in_order {
    (for_sale, ($($order:expr),+)) => {
        page_of_active_products!($($order),+)
    };
    (all, ($($order:expr),+)) => {
        page_of_products!(("$1::text is null"), $($order),+)
    };
    (found, ($($order:expr),+)) => {
        page_of_products!((concat!(search_terms!(), " @@ $1::text::tsquery")), $($order),+)
    };
    (fuzzy, ($($order:expr),+)) => {
        page_of_products!(("id = any(array(select products_like($1)))"), $($order),+)
    };
    ($which:ident, newest) => {
        products_in_order!($which, ("created_at, id", "<", "'infinity'::timestamptz", "created_at desc, id desc"))
    };
    ($which:ident, oldest) => {
        products_in_order!($which, ("created_at, id", ">", "'-infinity'::timestamptz", "created_at, id"))
    };
    ($which:ident, by_name) => {
        products_in_order!($which, (concat!(sort_name!(), ", id"), ">", "''::text", "listed_name, id"))
    };
    ($which:ident, cheapest) => {
        products_in_order!($which, ("currency, price_minor, id", ">", "''", "-1", "currency, price_minor, id"))
    };
    ($which:ident, most_expensive) => {
        products_in_order!($which, (
            "currency, price_minor, id", "<", "(select max(currency) from products)", "9223372036854775807",
            "currency desc, price_minor desc, id desc"
        ))
    };
}

/// The page after the position: $8 and $9, for prices also $11, the currency. `$end` is the start of the first page, in place
/// of an "or" that would keep PostgreSQL from finding the position in the index of the sort order. No text sorts after all
/// currencies on every server: in Estonian, Z stands before T.
#[rustfmt::skip]
macro_rules! page_of_products {
    (($terms:expr), $key:expr, $beyond:expr, $end:expr, $order:expr) => {
        page_of_products!(@($terms), ($key), $beyond, concat!("coalesce($8, ", $end, ")"), ($order))
    };
    (($terms:expr), $key:expr, $beyond:expr, $currency:expr, $end:expr, $order:expr) => {
        page_of_products!(
            @($terms), ($key), $beyond,
            concat!("coalesce($11::text, ", $currency, "), coalesce($8::bigint, ", $end, ")"), ($order)
        )
    };
    (@($terms:expr), ($key:expr), $beyond:expr, $position:expr, ($order:expr)) => { concat!("
        select ", product_columns!(), ", ", sort_name!(), " as listed_name
        from products
        where ", $terms, "
          and ", filtered!(), "
          and (", $key, ") ", $beyond, " (", $position, ", $9::uuid)
        order by ", $order, "
        limit $10") };
}

// A page, and the row that shows whether there is another one.
const _: () = assert!(
    crate::page::MAX_LIMIT + 1 == 101,
    "page_of_active_products! knows how large a page can be"
);

/// The page of active products after the position: $1 and $2, for prices also $4, the currency. It has no optional conditions
/// and a constant limit, so that PostgreSQL uses a generic plan: planning took longer than execution.
#[rustfmt::skip]
macro_rules! page_of_active_products {
    ($key:expr, $beyond:expr, $end:expr, $order:expr) => {
        page_of_active_products!(@($key), $beyond, concat!("coalesce($1, ", $end, ")"), ($order))
    };
    ($key:expr, $beyond:expr, $currency:expr, $end:expr, $order:expr) => {
        page_of_active_products!(
            @($key), $beyond, concat!("coalesce($4::text, ", $currency, "), coalesce($1::bigint, ", $end, ")"), ($order)
        )
    };
    (@($key:expr), $beyond:expr, $position:expr, ($order:expr)) => { concat!("
        select ", product_columns!(), ", listed_name
        from (
            select *, ", sort_name!(), " as listed_name from products
            where status = 'active' and (", $key, ") ", $beyond, " (", $position, ", $2::uuid)
            order by ", $order, "
            limit 101
        ) page
        order by ", $order, "
        limit $3") };
}

queries! {
    SALE_NEWEST: "list the newest products for sale" = products_in_order!(for_sale, newest);
    SALE_OLDEST: "list the oldest products for sale" = products_in_order!(for_sale, oldest);
    SALE_CHEAPEST: "list the cheapest products for sale" = products_in_order!(for_sale, cheapest);
    SALE_MOST_EXPENSIVE: "list the most expensive products for sale" = products_in_order!(for_sale, most_expensive);
    SALE_BY_NAME: "list products for sale by name" = products_in_order!(for_sale, by_name);

    NEWEST: "list the newest products" = products_in_order!(all, newest);
    OLDEST: "list the oldest products" = products_in_order!(all, oldest);
    CHEAPEST: "list the cheapest products" = products_in_order!(all, cheapest);
    MOST_EXPENSIVE: "list the most expensive products" = products_in_order!(all, most_expensive);
    BY_NAME: "list products by name" = products_in_order!(all, by_name);
    FOUND_NEWEST: "search the newest products" = products_in_order!(found, newest);
    FOUND_OLDEST: "search the oldest products" = products_in_order!(found, oldest);
    FOUND_CHEAPEST: "search the cheapest products" = products_in_order!(found, cheapest);
    FOUND_MOST_EXPENSIVE: "search the most expensive products" = products_in_order!(found, most_expensive);
    FOUND_BY_NAME: "search products by name" = products_in_order!(found, by_name);

    FUZZY_NEWEST: "fuzzy search the newest products" = products_in_order!(fuzzy, newest);
    FUZZY_OLDEST: "fuzzy search the oldest products" = products_in_order!(fuzzy, oldest);
    FUZZY_CHEAPEST: "fuzzy search the cheapest products" = products_in_order!(fuzzy, cheapest);
    FUZZY_MOST_EXPENSIVE: "fuzzy search the most expensive products" = products_in_order!(fuzzy, most_expensive);
    FUZZY_BY_NAME: "fuzzy search products by name" = products_in_order!(fuzzy, by_name);
}

pub(in crate::catalog) async fn products(
    db: &Db,
    filter: &Filter,
    match_kind: MatchKind,
    sort: Sort,
    after: Option<&ListPosition>,
    rows: i64,
) -> Result<Vec<Listed>, DbError> {
    let terms = filter.terms.as_ref().and_then(|terms| match match_kind {
        MatchKind::Exact => Some(&terms.found),
        MatchKind::Fuzzy => terms.plain.as_ref(),
    });
    let key = after.map(|position| &position.key);
    let time = key.and_then(|key| if let SortKey::Time(at) = key { Some(at) } else { None });
    let price = key.and_then(|key| match key {
        SortKey::Price(Money { minor, currency }) => Some((minor, currency.code())),
        _ => None,
    });
    let (price, price_currency) = price.unzip();
    let name = key.and_then(|key| if let SortKey::Name(name) = key { Some(name) } else { None });
    let (sale, all, found, fuzzy, key): (&Query, &Query, &Query, &Query, Param<'_>) = match sort {
        Sort::Newest => (&SALE_NEWEST, &NEWEST, &FOUND_NEWEST, &FUZZY_NEWEST, &time),
        Sort::Oldest => (&SALE_OLDEST, &OLDEST, &FOUND_OLDEST, &FUZZY_OLDEST, &time),
        Sort::Cheapest => (&SALE_CHEAPEST, &CHEAPEST, &FOUND_CHEAPEST, &FUZZY_CHEAPEST, &price),
        Sort::MostExpensive => (
            &SALE_MOST_EXPENSIVE,
            &MOST_EXPENSIVE,
            &FOUND_MOST_EXPENSIVE,
            &FUZZY_MOST_EXPENSIVE,
            &price,
        ),
        Sort::Name => (&SALE_BY_NAME, &BY_NAME, &FOUND_BY_NAME, &FUZZY_BY_NAME, &name),
    };
    let is_by_price = matches!(sort, Sort::Cheapest | Sort::MostExpensive);
    let after = after.map(|position| position.id);
    if filter.terms.is_none() && filter.is_for_sale() {
        let with: [Param<'_>; 4] = [key, &after, &rows, &price_currency];
        let rows = db.rows(sale, if is_by_price { &with[..] } else { &with[..3] }).await?;
        return rows.iter().map(|row| read_listed(sale, row, sort)).collect();
    }
    let query = match (terms, match_kind) {
        (None, _) => all,
        (Some(_), MatchKind::Exact) => found,
        (Some(_), MatchKind::Fuzzy) => fuzzy,
    };
    let with: [Param<'_>; 11] = [
        &terms,
        &filter.category,
        &filter.status.map(Status::name),
        &filter.min_price,
        &filter.max_price,
        &filter.currency.map(Currency::code),
        &filter.in_stock,
        key,
        &after,
        &rows,
        &price_currency,
    ];
    let with = if is_by_price { &with[..] } else { &with[..10] };
    db.rows(query, with).await?.iter().map(|row| read_listed(query, row, sort)).collect()
}

fn read_listed(query: &Query, row: &Row, sort: Sort) -> Result<Listed, DbError> {
    let product = read_product(query, row)?;
    let key = match sort {
        Sort::Newest | Sort::Oldest => SortKey::Time(product.created_at),
        Sort::Cheapest | Sort::MostExpensive => SortKey::Price(product.price.money()),
        // Not from its name: the release before may have changed that.
        Sort::Name => SortKey::Name(row.get("listed_name")),
    };
    Ok(Listed { product, key })
}
