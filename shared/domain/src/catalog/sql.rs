//! SQL statements of the catalog. They contain no business rules.

use super::row::{read_category, read_product, returned};
use super::terms::SearchedTexts;
use super::{Category, NewCategory, NewProduct, Product, Status, Weight};
use crate::db::{Db, DbError, Param, Tx, queries};
use crate::id::{CategoryId, ProductId};
use crate::money::Money;
use crate::page::PageRequest;
use postgres_types::Json;
use tokio_postgres::Row;

macro_rules! product_columns {
    () => {
        "id, sku, name, description, price_minor, currency, category_id, metadata, status,
                tax_category, weight_grams, requires_shipping, on_hand, reserved, version, created_at, updated_at"
    };
}

macro_rules! category_columns {
    () => {
        "id, name, parent_id, version, created_at"
    };
}

/// What is searched. Rows that the release before has written are searched as it does.
macro_rules! search_terms {
    () => {
        "coalesce(search_terms, search)"
    };
}

macro_rules! sort_name {
    () => {
        "coalesce(sort_name, lower(name collate \"C\"))"
    };
}

/// The optional conditions of a filter, $2 to $7.
macro_rules! filtered {
    () => {
        "($2::uuid is null or category_id in (
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
          and ($7::boolean is null or (on_hand > reserved) = $7)"
    };
}

mod matches;
mod pages;

pub(crate) use matches::ALL as ALL_MATCHES;
pub(super) use matches::{among_newest, matches, newest_matches};
pub(crate) use pages::ALL as ALL_PAGES;
pub(super) use pages::products;

queries! {
    INSERT_PRODUCT: "create a product" = concat!("
        insert into products (id, sku, name, description, price_minor, currency, on_hand, category_id, metadata, status,
                              search_terms, sort_name, tax_category, weight_grams, requires_shipping)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::tsvector, $12, $13, $14, $15)
        returning ", product_columns!());

    PRODUCT: "look up a product" = concat!("
        select ", product_columns!(), " from products where id = $1");

    LOCK_PRODUCT: "lock a product" = concat!("
        select ", product_columns!(), " from products where id = $1 for no key update");

    UPDATE_PRODUCT: "change a product" = concat!("
        update products
        set sku = $2, name = $3, description = $4, price_minor = $5, category_id = $6, metadata = $7, status = $8,
            search_terms = $9::text::tsvector, sort_name = $10, tax_category = $11, weight_grams = $12,
            requires_shipping = $13, version = version + 1, updated_at = now()
        where id = $1
        returning ", product_columns!());

    LOCK_WITHOUT_TERMS: "look for products without search terms" = "
        select id, sku, name, description
        from products
        where search_terms is null and id >= coalesce($1, '00000000-0000-0000-0000-000000000000'::uuid)
        order by id
        limit $2
        for no key update skip locked";

    UPDATE_TERMS: "change the search terms of products" = "
        update products p
        set search_terms = made.search_terms::tsvector, sort_name = made.sort_name
        from unnest($1::uuid[], $2::text[], $3::text[]) as made (id, search_terms, sort_name)
        where p.id = made.id";

    ARCHIVE_PRODUCT: "archive a product" = "
        update products
        set status = 'archived', version = version + 1, updated_at = now()
        where id = $1";

    INSERT_CATEGORY: "create a category" = concat!("
        insert into categories (id, name, parent_id)
        values ($1, $2, $3)
        returning ", category_columns!());

    CATEGORY: "look up a category" = concat!("
        select ", category_columns!(), " from categories where id = $1");

    /// Not "for update", which would block those who move a category below this one (they take a key share lock).
    LOCK_CATEGORY: "lock a category" = concat!("
        select ", category_columns!(), " from categories where id = $1 for no key update");

    UPDATE_CATEGORY: "change a category" = concat!("
        update categories
        set name = $2, parent_id = $3, version = version + 1
        where id = $1
        returning ", category_columns!());

    REMOVE_ARCHIVED: "remove archived products from a category" = "
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
    let NewProduct { sku, name, description, price, stock, category, metadata, stage, .. } = new;
    let Money { minor, currency } = price.money();
    let texts = SearchedTexts::of(&sku.0, &name.0, &description.0);
    let row: [Param<'_>; 15] = [
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
        &texts.search_terms,
        &texts.sort_name,
        &new.tax_category.as_str(),
        &new.weight.map(Weight::grams),
        &new.requires_shipping,
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
    let texts = SearchedTexts::of(&sku.0, &name.0, &description.0);
    let row: [Param<'_>; 13] = [
        id,
        &sku.0,
        &name.0,
        &description.0,
        &price.money().minor,
        category,
        &Json(&metadata.0),
        &status.name(),
        &texts.search_terms,
        &texts.sort_name,
        &product.tax_category.as_str(),
        &product.weight.map(Weight::grams),
        &product.requires_shipping,
    ];
    let row = returned(&UPDATE_PRODUCT, tx.row(&UPDATE_PRODUCT, &row).await?)?;
    read_product(&UPDATE_PRODUCT, &row)
}

/// The most products whose search terms one statement makes.
pub(super) const TERMS_BATCH: i64 = 100;

/// Products without search terms, in order from this one on, with what the terms should be.
pub(super) async fn lock_products_without_terms(
    tx: &Tx<'_>,
    from: Option<ProductId>,
    limit: i64,
) -> Result<Vec<(ProductId, SearchedTexts)>, DbError> {
    let rows = tx.rows(&LOCK_WITHOUT_TERMS, &[&from, &limit]).await?;
    let read = |row: &Row| {
        let texts = SearchedTexts::of(row.get("sku"), row.get("name"), row.get("description"));
        (row.get("id"), texts)
    };
    Ok(rows.iter().map(read).collect())
}

pub(super) async fn update_terms(
    tx: &Tx<'_>,
    products: &[(ProductId, SearchedTexts)],
) -> Result<(), DbError> {
    let ids: Vec<_> = products.iter().map(|(id, _)| id).collect();
    let terms: Vec<_> = products.iter().map(|(_, texts)| &texts.search_terms).collect();
    let names: Vec<_> = products.iter().map(|(_, texts)| &texts.sort_name).collect();
    tx.execute(&UPDATE_TERMS, &[&ids, &terms, &names]).await.map(drop)
}

pub(super) async fn archive_product(tx: &Tx<'_>, id: ProductId) -> Result<(), DbError> {
    tx.execute(&ARCHIVE_PRODUCT, &[&id]).await.map(drop)
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

pub(super) async fn remove_archived_from(tx: &Tx<'_>, category: CategoryId) -> Result<(), DbError> {
    tx.execute(&REMOVE_ARCHIVED, &[&category]).await.map(drop)
}

pub(super) async fn delete_category(tx: &Tx<'_>, id: CategoryId) -> Result<(), DbError> {
    tx.execute(&DELETE_CATEGORY, &[&id]).await.map(drop)
}

pub(super) async fn categories(
    db: &Db,
    page: &PageRequest<CategoryId>,
) -> Result<Vec<Category>, DbError> {
    let rows = db.rows(&CATEGORIES, &[&page.after, &page.fetch_limit()]).await?;
    Ok(rows.iter().map(read_category).collect())
}
