//! What the shop sells: products, and the tree of categories that they are sorted into.

mod attribute;
mod category;
mod listing;
mod metadata;
mod product;
mod refusal;
mod row;
mod sql;

pub use attribute::{CategoryName, Description, FirstStock, Price, ProductName, Sku};
pub use category::{Category, CategoryChange, NewCategory};
use listing::Fit;
pub use listing::{Filter, Place, Sort, Viewer, Words};
pub use metadata::{Metadata, MetadataChange};
pub use product::{NewProduct, Product, ProductChange, Stage, Status, Stock};
pub use refusal::Refusal;
pub(crate) use sql::{ALL as ALL_QUERIES, ALL_PAGES};

pub use crate::change::Change;
use crate::db::Db;
use crate::failure::Failure;
use crate::id::{CategoryId, ProductId, UserId};
use crate::idempotency::{Answer, Once};
use crate::inventory;
use crate::page::{Page, Slice};

/// Takes a product into the catalog, and its first stock into the ledger.
pub async fn create_product(
    db: &Db,
    staff: UserId,
    new: &NewProduct,
    once: &Once<Product>,
) -> Result<Answer, Failure<Refusal>> {
    once.transaction(db, staff, async |tx| {
        let inserted = sql::insert_product(tx, ProductId::generate(), new).await;
        let product = inserted.map_err(|error| refusal::of_product(error, &new.sku))?;
        if new.stock.pieces() > 0 {
            inventory::record_first(tx, product.id, new.stock.pieces()).await?;
        }
        Ok(product)
    })
    .await
}

/// A product, if this viewer may know of it.
pub async fn show_product(
    db: &Db,
    viewer: Viewer,
    id: ProductId,
) -> Result<Product, Failure<Refusal>> {
    let product = sql::product(db, id).await?.filter(|product| viewer.sees(product));
    Ok(product.ok_or(Refusal::ProductNotFound)?)
}

/// One page of the products that pass the filter, as far as this viewer may see them: those that the words fit
/// exactly or, where there are none, those that they nearly fit.
pub async fn list_products(
    db: &Db,
    viewer: Viewer,
    filter: &Filter,
    sort: Sort,
    page: &Page<Place>,
) -> Result<Slice<Product>, Failure<Refusal>> {
    let filter = viewer.narrow(filter)?;
    let after = page.after.as_ref();
    if let Some(place) = after {
        place.check(&filter, sort).map_err(Refusal::from)?;
    }
    let mut fit = after.map_or(Fit::Exact, |place| place.fit);
    let mut found = sql::products(db, &filter, fit, sort, after, page.rows_wanted()).await?;
    // Nearness is dear to look up, and beside what was meant it is noise.
    if found.is_empty() && after.is_none() && filter.may_be_near() {
        fit = Fit::Near;
        found = sql::products(db, &filter, fit, sort, None, page.rows_wanted()).await?;
    }
    Ok(page.cut(found, |product| Place::of(product, sort, fit)))
}

/// Changes a product if it still has the version that the caller saw. What changes nothing makes no new version.
pub async fn change_product(
    db: &Db,
    id: ProductId,
    seen_version: Option<i64>,
    change: &ProductChange,
) -> Result<Product, Failure<Refusal>> {
    db.transaction(async |tx| {
        let product = sql::lock_product(tx, id).await?.ok_or(Refusal::ProductNotFound)?;
        still_at(product.version, seen_version)?;
        let changed = product.changed(change)?;
        if changed == product {
            return Ok(product);
        }
        let updated = sql::update_product(tx, &changed).await;
        updated.map_err(|error| refusal::of_product(error, &changed.sku))
    })
    .await
}

/// Takes a product out of sight and frees its sku. Orders keep it. Again is as good as once.
pub async fn archive_product(
    db: &Db,
    id: ProductId,
    seen_version: Option<i64>,
) -> Result<(), Failure<Refusal>> {
    db.transaction(async |tx| {
        let product = sql::lock_product(tx, id).await?.ok_or(Refusal::ProductNotFound)?;
        if product.status == Status::Archived {
            return Ok(());
        }
        still_at(product.version, seen_version)?;
        Ok(sql::archive_product(tx, id).await?)
    })
    .await
}

pub async fn create_category(
    db: &Db,
    staff: UserId,
    new: &NewCategory,
    once: &Once<Category>,
) -> Result<Answer, Failure<Refusal>> {
    once.transaction(db, staff, async |tx| {
        let inserted = sql::insert_category(tx, CategoryId::generate(), new).await;
        inserted.map_err(refusal::of_category)
    })
    .await
}

pub async fn show_category(db: &Db, id: CategoryId) -> Result<Category, Failure<Refusal>> {
    Ok(sql::category(db, id).await?.ok_or(Refusal::CategoryNotFound)?)
}

/// One page of all categories, the oldest first.
pub async fn list_categories(
    db: &Db,
    page: &Page<CategoryId>,
) -> Result<Slice<Category>, Failure<Refusal>> {
    let categories = sql::categories(db, page).await?;
    Ok(page.cut(categories, |category| category.id))
}

/// Renames or moves a category if it still has the version that the caller saw.
pub async fn change_category(
    db: &Db,
    id: CategoryId,
    seen_version: Option<i64>,
    change: &CategoryChange,
) -> Result<Category, Failure<Refusal>> {
    db.transaction(async |tx| {
        let category = sql::lock_category(tx, id).await?.ok_or(Refusal::CategoryNotFound)?;
        still_at(category.version, seen_version)?;
        let changed = category.changed(change);
        if changed == category {
            return Ok(category);
        }
        sql::update_category(tx, &changed).await.map_err(refusal::of_category)
    })
    .await
}

/// Deletes a category that nothing stands in. Archived products do not hold it: they forget it.
pub async fn delete_category(
    db: &Db,
    id: CategoryId,
    seen_version: Option<i64>,
) -> Result<(), Failure<Refusal>> {
    db.transaction(async |tx| {
        let category = sql::lock_category(tx, id).await?.ok_or(Refusal::CategoryNotFound)?;
        still_at(category.version, seen_version)?;
        sql::take_archived_out(tx, id).await?;
        sql::delete_category(tx, id).await.map_err(refusal::of_deletion)
    })
    .await
}

fn still_at(current: i64, seen: Option<i64>) -> Result<(), Refusal> {
    if seen.is_none_or(|seen| seen == current) { Ok(()) } else { Err(Refusal::Stale { current }) }
}
