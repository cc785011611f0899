//! The tree that products are sorted into. That it stays a tree is the database's to guard.

use super::Change;
use super::attribute::CategoryName;
use crate::id::CategoryId;
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    pub id: CategoryId,
    pub name: CategoryName,
    /// The category above; none at the root.
    pub parent: Option<CategoryId>,
    pub version: i64,
    pub created_at: OffsetDateTime,
}

/// A category that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCategory {
    pub name: CategoryName,
    pub parent: Option<CategoryId>,
}

/// What is to be different about a category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryChange {
    pub name: Option<CategoryName>,
    pub parent: Change<CategoryId>,
}

impl Category {
    pub(super) fn changed(&self, change: &CategoryChange) -> Self {
        Self {
            name: change.name.clone().unwrap_or_else(|| self.name.clone()),
            parent: change.parent.over(self.parent),
            ..*self
        }
    }
}
