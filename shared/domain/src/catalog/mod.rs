//! The product catalog: products and categories.

mod attribute;
mod best_match;
mod category;
mod common_searches;
mod listing;
mod metadata;
mod missing_terms;
mod product;
mod refusal;
mod row;
mod search;
mod sql;
mod terms;
mod words;

pub use attribute::{CategoryName, Description, InitialStock, Price, ProductName, Sku, Weight};
pub use category::{Category, CategoryChange, NewCategory};
use common_searches::CommonSearches;
use listing::MatchKind;
pub use listing::{Filter, ListPosition, Sort, Viewer};
pub use metadata::{Metadata, MetadataChange};
pub use missing_terms::{MadeTerms, make_search_terms};
pub use product::{NewProduct, Product, ProductChange, Stage, Status, Stock};
pub use refusal::Refusal;
pub use search::SearchTerms;
pub(crate) use sql::{ALL as ALL_QUERIES, ALL_MATCHES, ALL_PAGES};
pub use terms::SearchedTexts;

pub use crate::change::Change;
use crate::db::{Db, Tx};
use crate::failure::Failure;
use crate::id::{CategoryId, ProductId, UserId};
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::page::{Page, PageRequest};

/// Adds a product to the catalog.
pub(crate) async fn insert_product(
    tx: &Tx<'_>,
    new: &NewProduct,
) -> Result<Product, Failure<Refusal>> {
    let inserted = sql::insert_product(tx, ProductId::generate(), new).await;
    inserted.map_err(|error| refusal::of_product(error, &new.sku))
}

/// A product, if this viewer may see it.
pub async fn show_product(
    db: &Db,
    viewer: Viewer,
    id: ProductId,
) -> Result<Product, Failure<Refusal>> {
    let product = sql::product(db, id).await?.filter(|product| viewer.can_see(product));
    Ok(product.ok_or(Refusal::ProductNotFound)?)
}

/// From now on this process learns which searches many products match, and plans those no more: planning takes longer than
/// reading the products.
pub fn learn_common_searches(db: &mut Db) {
    db.attach(CommonSearches::default());
}

/// One page of the products that match the filter and that this viewer may see. Without `sort`, the best match of the search
/// terms is first, or the newest product if there are none. If no product matches the terms exactly, the list holds those
/// that are similar.
pub async fn list_products(
    db: &Db,
    viewer: Viewer,
    filter: &Filter,
    sort: Option<Sort>,
    page: &PageRequest<ListPosition>,
) -> Result<Page<Product>, Failure<Refusal>> {
    let filter = viewer.restrict(filter)?;
    let sort = if filter.terms.is_none() { sort.or(Some(Sort::Newest)) } else { sort };
    let after = page.after.as_ref();
    if let Some(position) = after {
        position.check(&filter, sort).map_err(Refusal::from)?;
    }
    let mut match_kind = after.map_or(MatchKind::Exact, |position| position.match_kind);
    let rows = page.fetch_limit();
    // Similar products are sorted too if no order is asked for: none of them is the best match.
    let order = sort.unwrap_or(Sort::Newest);
    let mut found = match (sort, &filter.terms, match_kind) {
        (_, Some(terms), _) if terms.has_no_words() => Vec::new(),
        (None, Some(terms), MatchKind::Exact) => {
            best_match::products(db, &filter, terms, after, rows).await?
        }
        _ => sql::products(db, &filter, match_kind, order, after, rows).await?,
    };
    // Only without exact matches: a fuzzy search is expensive, and its results would distract from them.
    if found.is_empty() && after.is_none() && filter.allows_fuzzy_match() {
        match_kind = MatchKind::Fuzzy;
        found = sql::products(db, &filter, match_kind, order, None, rows).await?;
    }
    let Page { items, position } =
        page.paginate(found, |listed| ListPosition::of(listed, sort, match_kind));
    Ok(Page { items: items.into_iter().map(|listed| listed.product).collect(), position })
}

/// Changes a product. Refused with `Stale` unless it has one of the expected versions. Without effect, the version stays.
pub async fn change_product(
    db: &Db,
    staff: UserId,
    id: ProductId,
    expected_versions: Option<&[i64]>,
    change: &ProductChange,
) -> Result<Product, Failure<Refusal>> {
    db.transaction(async |tx| {
        let product = sql::lock_product(tx, id).await?.ok_or(Refusal::ProductNotFound)?;
        check_version(product.version, expected_versions)?;
        let changed = product.changed(change)?;
        if changed == product {
            return Ok(product);
        }
        tx.act_as_staff(staff);
        let updated = sql::update_product(tx, &changed).await;
        updated.map_err(|error| refusal::of_product(error, &changed.sku))
    })
    .await
}

/// Archives a product: it is no longer sold, and its SKU may be reused. Existing orders keep it. Archiving it again
/// changes nothing.
pub async fn archive_product(
    db: &Db,
    staff: UserId,
    id: ProductId,
    expected_versions: Option<&[i64]>,
) -> Result<(), Failure<Refusal>> {
    db.transaction(async |tx| {
        let product = sql::lock_product(tx, id).await?.ok_or(Refusal::ProductNotFound)?;
        if product.status == Status::Archived {
            return Ok(());
        }
        check_version(product.version, expected_versions)?;
        tx.act_as_staff(staff);
        Ok(sql::archive_product(tx, id).await?)
    })
    .await
}

pub async fn create_category(
    db: &Db,
    staff: UserId,
    new: &NewCategory,
    call: &IdempotentCall<Category>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        tx.act_as_staff(staff);
        let inserted = sql::insert_category(tx, CategoryId::generate(), new).await;
        inserted.map_err(refusal::of_category)
    })
    .await
}

pub async fn show_category(db: &Db, id: CategoryId) -> Result<Category, Failure<Refusal>> {
    Ok(sql::category(db, id).await?.ok_or(Refusal::CategoryNotFound)?)
}

/// One page of all categories, oldest first.
pub async fn list_categories(
    db: &Db,
    page: &PageRequest<CategoryId>,
) -> Result<Page<Category>, Failure<Refusal>> {
    let categories = sql::categories(db, page).await?;
    Ok(page.paginate(categories, |category| category.id))
}

/// Renames or moves a category. Refused with `Stale` unless it has one of the expected versions.
pub async fn change_category(
    db: &Db,
    staff: UserId,
    id: CategoryId,
    expected_versions: Option<&[i64]>,
    change: &CategoryChange,
) -> Result<Category, Failure<Refusal>> {
    db.transaction(async |tx| {
        let category = sql::lock_category(tx, id).await?.ok_or(Refusal::CategoryNotFound)?;
        check_version(category.version, expected_versions)?;
        let changed = category.changed(change);
        if changed == category {
            return Ok(category);
        }
        tx.act_as_staff(staff);
        sql::update_category(tx, &changed).await.map_err(refusal::of_category)
    })
    .await
}

/// Deletes a category without subcategories and products. Archived products do not count: they lose their category.
pub async fn delete_category(
    db: &Db,
    staff: UserId,
    id: CategoryId,
    expected_versions: Option<&[i64]>,
) -> Result<(), Failure<Refusal>> {
    db.transaction(async |tx| {
        let category = sql::lock_category(tx, id).await?.ok_or(Refusal::CategoryNotFound)?;
        check_version(category.version, expected_versions)?;
        tx.act_as_staff(staff);
        sql::remove_archived_from(tx, id).await?;
        sql::delete_category(tx, id).await.map_err(refusal::of_deletion)
    })
    .await
}

/// `None` expects any version.
fn check_version(current: i64, expected: Option<&[i64]>) -> Result<(), Refusal> {
    if expected.is_none_or(|expected| expected.contains(&current)) {
        Ok(())
    } else {
        Err(Refusal::Stale { current })
    }
}
