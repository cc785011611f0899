//! The statements behind the catalog. They decide nothing.

use super::listing::{Filter, Fit, Key, Place, Sort, Words};
use super::row::{read_category, read_product, returned};
use super::{Category, NewCategory, NewProduct, Product, Status};
use crate::db::{Db, DbError, Param, Query, Tx, queries};
use crate::id::{CategoryId, ProductId};
use crate::money::{Currency, Money};
use crate::page::Page;
use postgres_types::Json;

macro_rules! product_columns {
    () => {
        "id, sku, name, description, price_minor, currency, category_id, metadata, status,
                on_hand, reserved, version, created_at, updated_at"
    };
}

macro_rules! category_columns {
    () => {
        "id, name, parent_id, version, created_at"
    };
}

/// A page of all products, of those `found` by words, or `near` them: each index of words wants statements of its own.
macro_rules! products_in_order {
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

queries! {
    INSERT_PRODUCT: "create a product" = concat!("
        insert into products (id, sku, name, description, price_minor, currency, on_hand, category_id, metadata, status)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        returning ", product_columns!());

    PRODUCT: "look up a product" = concat!("
        select ", product_columns!(), " from products where id = $1");

    LOCK_PRODUCT: "lock a product" = concat!("
        select ", product_columns!(), " from products where id = $1 for no key update");

    UPDATE_PRODUCT: "change a product" = concat!("
        update products
        set sku = $2, name = $3, description = $4, price_minor = $5, category_id = $6, metadata = $7, status = $8,
            version = version + 1, updated_at = now()
        where id = $1
        returning ", product_columns!());

    ARCHIVE_PRODUCT: "archive a product" = "
        update products
        set status = 'archived', version = version + 1, updated_at = now()
        where id = $1";

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

    INSERT_CATEGORY: "create a category" = concat!("
        insert into categories (id, name, parent_id)
        values ($1, $2, $3)
        returning ", category_columns!());

    CATEGORY: "look up a category" = concat!("
        select ", category_columns!(), " from categories where id = $1");

    /// Not "for update": whoever moves a category below this one only needs it to stay.
    LOCK_CATEGORY: "lock a category" = concat!("
        select ", category_columns!(), " from categories where id = $1 for no key update");

    UPDATE_CATEGORY: "change a category" = concat!("
        update categories
        set name = $2, parent_id = $3, version = version + 1
        where id = $1
        returning ", category_columns!());

    TAKE_ARCHIVED_OUT: "take archived products out of a category" = "
        update products
        set category_id = null, version = version + 1, updated_at = now()
        where category_id = $1 and status = 'archived'";

    DELETE_CATEGORY: "delete a category" = "
        delete from categories where id = $1";

    CATEGORIES: "list categories" = concat!("
        select ", category_columns!(), "
        from categories
        where id > coalesce($1, '00000000-0000-0000-0000-000000000000'::uuid)
        order by id
        limit $2");
}

pub(super) async fn insert_product(
    tx: &Tx<'_>,
    id: ProductId,
    new: &NewProduct,
) -> Result<Product, DbError> {
    let NewProduct { sku, name, description, price, stock, category, metadata, stage } = new;
    let Money { minor, currency } = price.money();
    let row: [Param<'_>; 10] = [
        &id,
        &sku.0,
        &name.0,
        &description.0,
        &minor,
        &currency.code(),
        &stock.pieces(),
        category,
        &Json(&metadata.0),
        &Status::from(*stage).name(),
    ];
    let row = returned(&INSERT_PRODUCT, tx.row(&INSERT_PRODUCT, &row).await?)?;
    read_product(&INSERT_PRODUCT, &row)
}

pub(super) async fn product(db: &Db, id: ProductId) -> Result<Option<Product>, DbError> {
    let row = db.row(&PRODUCT, &[&id]).await?;
    row.map(|row| read_product(&PRODUCT, &row)).transpose()
}

pub(super) async fn lock_product(tx: &Tx<'_>, id: ProductId) -> Result<Option<Product>, DbError> {
    let row = tx.row(&LOCK_PRODUCT, &[&id]).await?;
    row.map(|row| read_product(&LOCK_PRODUCT, &row)).transpose()
}

pub(super) async fn update_product(tx: &Tx<'_>, product: &Product) -> Result<Product, DbError> {
    let Product { id, sku, name, description, price, category, metadata, status, .. } = product;
    let row: [Param<'_>; 8] = [
        id,
        &sku.0,
        &name.0,
        &description.0,
        &price.money().minor,
        category,
        &Json(&metadata.0),
        &status.name(),
    ];
    let row = returned(&UPDATE_PRODUCT, tx.row(&UPDATE_PRODUCT, &row).await?)?;
    read_product(&UPDATE_PRODUCT, &row)
}

pub(super) async fn archive_product(tx: &Tx<'_>, id: ProductId) -> Result<(), DbError> {
    tx.execute(&ARCHIVE_PRODUCT, &[&id]).await.map(drop)
}

pub(super) async fn products(
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
    let (all, found, near, key): (&Query, &Query, &Query, Param<'_>) = match sort {
        Sort::Newest => (&NEWEST, &FOUND_NEWEST, &NEAR_NEWEST, &time),
        Sort::Oldest => (&OLDEST, &FOUND_OLDEST, &NEAR_OLDEST, &time),
        Sort::Cheapest => (&CHEAPEST, &FOUND_CHEAPEST, &NEAR_CHEAPEST, &price),
        Sort::Dearest => (&DEAREST, &FOUND_DEAREST, &NEAR_DEAREST, &price),
        Sort::Name => (&BY_NAME, &FOUND_BY_NAME, &NEAR_BY_NAME, &name),
    };
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
        &after.map(|place| place.id),
        &rows,
    ];
    db.rows(query, &with).await?.iter().map(|row| read_product(query, row)).collect()
}

pub(super) async fn insert_category(
    tx: &Tx<'_>,
    id: CategoryId,
    new: &NewCategory,
) -> Result<Category, DbError> {
    let row = tx.row(&INSERT_CATEGORY, &[&id, &new.name.0, &new.parent]).await?;
    returned(&INSERT_CATEGORY, row).map(|row| read_category(&row))
}

pub(super) async fn category(db: &Db, id: CategoryId) -> Result<Option<Category>, DbError> {
    Ok(db.row(&CATEGORY, &[&id]).await?.as_ref().map(read_category))
}

pub(super) async fn lock_category(
    tx: &Tx<'_>,
    id: CategoryId,
) -> Result<Option<Category>, DbError> {
    Ok(tx.row(&LOCK_CATEGORY, &[&id]).await?.as_ref().map(read_category))
}

pub(super) async fn update_category(tx: &Tx<'_>, category: &Category) -> Result<Category, DbError> {
    let Category { id, name, parent, .. } = category;
    let row = tx.row(&UPDATE_CATEGORY, &[id, &name.0, parent]).await?;
    returned(&UPDATE_CATEGORY, row).map(|row| read_category(&row))
}

pub(super) async fn take_archived_out(tx: &Tx<'_>, category: CategoryId) -> Result<(), DbError> {
    tx.execute(&TAKE_ARCHIVED_OUT, &[&category]).await.map(drop)
}

pub(super) async fn delete_category(tx: &Tx<'_>, id: CategoryId) -> Result<(), DbError> {
    tx.execute(&DELETE_CATEGORY, &[&id]).await.map(drop)
}

pub(super) async fn categories(db: &Db, page: &Page<CategoryId>) -> Result<Vec<Category>, DbError> {
    let rows = db.rows(&CATEGORIES, &[&page.after, &page.rows_wanted()]).await?;
    Ok(rows.iter().map(read_category).collect())
}
