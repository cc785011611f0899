//! `/v1/categories`.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod show;

use domain::catalog::Category;
use domain::id::CategoryId;
use lambda::http::ETag;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct CategoryView {
    id: CategoryId,
    #[schema(example = "Mugs")]
    name: String,
    /// The parent category; null at the root.
    #[schema(required)]
    parent: Option<CategoryId>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<Category> for CategoryView {
    fn from(category: Category) -> Self {
        let Category { id, name, parent, created_at, .. } = category;
        Self { id, name: name.into(), parent, created_at }
    }
}

fn tag(category: &Category) -> ETag {
    ETag::version(category.version)
}
