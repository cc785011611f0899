//! Why a request about the catalog is refused.

use super::attribute::Sku;
use crate::db::DbError;
use crate::failure::{self, Failure, Invalid, Kind};
use crate::idempotency;
use crate::money::Currency;
use crate::page::BadPage;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such product")]
    ProductNotFound,
    #[error("another product has the SKU {sku}")]
    SkuTaken { sku: Sku },
    #[error(
        "the currency of the price is fixed to {currency}; archive the product and create another"
    )]
    CurrencyFixed { currency: Currency },
    #[error("the product is archived and cannot be changed")]
    ProductArchived,
    #[error("only staff may filter by status")]
    StatusIsForStaff,
    #[error("there is no such category")]
    CategoryNotFound,
    #[error("another category with the same parent has this name")]
    CategoryNameTaken,
    #[error("a category cannot be its own ancestor")]
    CategoryCycle,
    #[error("the category still contains products or categories")]
    CategoryInUse,
    #[error("the resource was changed and has version {current} now; read it again")]
    Stale { current: i64 },
    #[error(transparent)]
    BadPage(#[from] BadPage),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Idempotency(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::ProductNotFound | Self::CategoryNotFound => Kind::NotFound,
            Self::SkuTaken { .. }
            | Self::CurrencyFixed { .. }
            | Self::ProductArchived
            | Self::CategoryNameTaken
            | Self::CategoryCycle
            | Self::CategoryInUse => Kind::Conflict,
            Self::StatusIsForStaff => Kind::Forbidden,
            Self::Stale { .. } => Kind::PreconditionFailed,
            Self::BadPage(bad) => bad.kind(),
            Self::Invalid(invalid) => invalid.kind(),
            Self::Idempotency(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::ProductNotFound => "product_not_found",
            Self::SkuTaken { .. } => "sku_taken",
            Self::CurrencyFixed { .. } => "currency_fixed",
            Self::ProductArchived => "product_archived",
            Self::StatusIsForStaff => "wrong_role",
            Self::CategoryNotFound => "category_not_found",
            Self::CategoryNameTaken => "category_name_taken",
            Self::CategoryCycle => "category_cycle",
            Self::CategoryInUse => "category_in_use",
            Self::Stale { .. } => "stale",
            Self::BadPage(bad) => bad.code(),
            Self::Invalid(invalid) => invalid.code(),
            Self::Idempotency(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        match self {
            Self::Stale { current } => Map::from_iter([("version".to_owned(), json!(current))]),
            Self::Invalid(invalid) => invalid.details(),
            _ => Map::new(),
        }
    }
}

/// Maps violated constraints of `products` to refusals.
pub(super) fn of_product(error: DbError, sku: &Sku) -> Failure<Refusal> {
    match error.constraint() {
        Some("products_sku_taken") => Refusal::SkuTaken { sku: sku.clone() }.into(),
        Some("products_category_exists") => unknown("/category"),
        _ => Failure::Db(error),
    }
}

/// Maps violated constraints of `categories` to refusals.
pub(super) fn of_category(error: DbError) -> Failure<Refusal> {
    match error.constraint() {
        Some("categories_name_taken") => Refusal::CategoryNameTaken.into(),
        Some("categories_parent_exists") => unknown("/parent"),
        Some("categories_are_a_tree" | "categories_not_own_parent") => {
            Refusal::CategoryCycle.into()
        }
        _ => Failure::Db(error),
    }
}

/// Maps the constraints that prevent the deletion of a category to refusals.
pub(super) fn of_deletion(error: DbError) -> Failure<Refusal> {
    match error.constraint() {
        Some("categories_parent_exists" | "products_category_exists") => {
            Refusal::CategoryInUse.into()
        }
        _ => Failure::Db(error),
    }
}

fn unknown(pointer: &str) -> Failure<Refusal> {
    Refusal::from(Invalid::new(pointer, "unknown_category", "there is no such category")).into()
}
