//! The statements behind lists of products.

use super::super::Status;
use super::super::listing::{Filter, Fit, Key, Place, Sort, Words};
use super::super::product::Product;
use super::super::row::read_product;
use crate::db::{Db, DbError, Param, Query, queries};
use crate::money::Currency;

/// A page of what is for sale, of all products, of those `found` by words, or `near` them: each index of words wants
/// statements of its own.
macro_rules! products_in_order {
    (on_sale, $($order:literal),+) => {
        page_of_shelf!($($order),+)
    };
    (all, $($order:literal),+) => {
        page_of_products!("$1::text is null", $($order),+)
    };
    (found, $($order:literal),+) => {
        page_of_products!("search @@ websearch_to_tsquery('simple', $1)", $($order),+)
    };
    (near, $($order:literal),+) => {
        page_of_products!("id = any(array(select products_like($1)))", $($order),+)
    };
    ($which:ident, newest) => {
        products_in_order!($which, "created_at", "<", "'infinity'::timestamptz", "desc")
    };
    ($which:ident, oldest) => {
        products_in_order!($which, "created_at", ">", "'-infinity'::timestamptz", "asc")
    };
    ($which:ident, cheapest) => {
        products_in_order!($which, "price_minor", ">", "-1::bigint", "asc")
    };
    ($which:ident, dearest) => {
        products_in_order!($which, "price_minor", "<", "9223372036854775807::bigint", "desc")
    };
    ($which:ident, by_name) => {
        products_in_order!($which, "name", ">", "''::text", "asc")
    };
}

/// The page that begins after ($8, $9), or at the key's `$end`. No "or" there, so that the index of the order finds the place.
#[rustfmt::skip]
macro_rules! page_of_products {
    ($words:literal, $key:literal, $beyond:literal, $end:literal, $direction:literal) => { concat!("
        select ", product_columns!(), "
        from products
        where (", $words, ")
          and ($2::uuid is null or category_id in (
              with recursive below as (
                  select id from categories where id = $2
                  union
                  select c.id from categories c join below on c.parent_id = below.id
              )
              select id from below
          ))
          and ($3::text is null or status = $3)
          and ($4::bigint is null or price_minor >= $4)
          and ($5::bigint is null or price_minor <= $5)
          and ($6::text is null or currency = $6)
          and ($7::boolean is null or (on_hand > reserved) = $7)
          and (", $key, ", id) ", $beyond, " (coalesce($8, ", $end, "), $9::uuid)
        order by ", $key, " ", $direction, ", id ", $direction, "
        limit $10") };
}

// A page and the row that tells whether there is another.
const _: () = assert!(crate::page::MOST + 1 == 101, "page_of_shelf! knows how large a page can be");

/// The page of what is for sale that begins after ($1, $2). Nothing in it is optional and its size has a bound, so that
/// it is planned once: planning took longer than looking.
#[rustfmt::skip]
macro_rules! page_of_shelf {
    ($key:literal, $beyond:literal, $end:literal, $direction:literal) => { concat!("
        select ", product_columns!(), "
        from (
            select * from products
            where status = 'active' and (", $key, ", id) ", $beyond, " (coalesce($1, ", $end, "), $2::uuid)
            order by ", $key, " ", $direction, ", id ", $direction, "
            limit 101
        ) page
        order by ", $key, " ", $direction, ", id ", $direction, "
        limit $3") };
}

queries! {
    SALE_NEWEST: "list the newest products for sale" = products_in_order!(on_sale, newest);
    SALE_OLDEST: "list the oldest products for sale" = products_in_order!(on_sale, oldest);
    SALE_CHEAPEST: "list the cheapest products for sale" = products_in_order!(on_sale, cheapest);
    SALE_DEAREST: "list the dearest products for sale" = products_in_order!(on_sale, dearest);
    SALE_BY_NAME: "list products for sale by name" = products_in_order!(on_sale, by_name);

    NEWEST: "list the newest products" = products_in_order!(all, newest);
    OLDEST: "list the oldest products" = products_in_order!(all, oldest);
    CHEAPEST: "list the cheapest products" = products_in_order!(all, cheapest);
    DEAREST: "list the dearest products" = products_in_order!(all, dearest);
    BY_NAME: "list products by name" = products_in_order!(all, by_name);
    FOUND_NEWEST: "search the newest products" = products_in_order!(found, newest);
    FOUND_OLDEST: "search the oldest products" = products_in_order!(found, oldest);
    FOUND_CHEAPEST: "search the cheapest products" = products_in_order!(found, cheapest);
    FOUND_DEAREST: "search the dearest products" = products_in_order!(found, dearest);
    FOUND_BY_NAME: "search products by name" = products_in_order!(found, by_name);

    NEAR_NEWEST: "search the newest products for what is near" = products_in_order!(near, newest);
    NEAR_OLDEST: "search the oldest products for what is near" = products_in_order!(near, oldest);
    NEAR_CHEAPEST: "search the cheapest products for what is near" = products_in_order!(near, cheapest);
    NEAR_DEAREST: "search the dearest products for what is near" = products_in_order!(near, dearest);
    NEAR_BY_NAME: "search products by name for what is near" = products_in_order!(near, by_name);
}

pub(in crate::catalog) async fn products(
    db: &Db,
    filter: &Filter,
    fit: Fit,
    sort: Sort,
    after: Option<&Place>,
    rows: i64,
) -> Result<Vec<Product>, DbError> {
    let words = filter.words.as_ref().map(|Words(words)| words);
    let key = after.map(|place| &place.key);
    let time = key.and_then(|key| if let Key::Time(at) = key { Some(at) } else { None });
    let price = key.and_then(|key| if let Key::Price(minor) = key { Some(minor) } else { None });
    let name = key.and_then(|key| if let Key::Name(name) = key { Some(name) } else { None });
    let (sale, all, found, near, key): (&Query, &Query, &Query, &Query, Param<'_>) = match sort {
        Sort::Newest => (&SALE_NEWEST, &NEWEST, &FOUND_NEWEST, &NEAR_NEWEST, &time),
        Sort::Oldest => (&SALE_OLDEST, &OLDEST, &FOUND_OLDEST, &NEAR_OLDEST, &time),
        Sort::Cheapest => (&SALE_CHEAPEST, &CHEAPEST, &FOUND_CHEAPEST, &NEAR_CHEAPEST, &price),
        Sort::Dearest => (&SALE_DEAREST, &DEAREST, &FOUND_DEAREST, &NEAR_DEAREST, &price),
        Sort::Name => (&SALE_BY_NAME, &BY_NAME, &FOUND_BY_NAME, &NEAR_BY_NAME, &name),
    };
    let after = after.map(|place| place.id);
    if *filter == Filter::for_sale() {
        let rows = db.rows(sale, &[key, &after, &rows]).await?;
        return rows.iter().map(|row| read_product(sale, row)).collect();
    }
    let query = match (words, fit) {
        (None, _) => all,
        (Some(_), Fit::Exact) => found,
        (Some(_), Fit::Near) => near,
    };
    let with: [Param<'_>; 10] = [
        &words,
        &filter.category,
        &filter.status.map(Status::name),
        &filter.min_price,
        &filter.max_price,
        &filter.currency.map(Currency::code),
        &filter.in_stock,
        key,
        &after,
        &rows,
    ];
    db.rows(query, &with).await?.iter().map(|row| read_product(query, row)).collect()
}
