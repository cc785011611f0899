//! Categories form a tree. Constraints and a trigger of the database prevent cycles.

use super::Change;
use super::attribute::CategoryName;
use crate::id::CategoryId;
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    pub id: CategoryId,
    pub name: CategoryName,
    /// `None` for a root category.
    pub parent: Option<CategoryId>,
    pub version: i64,
    pub created_at: OffsetDateTime,
}

/// A category to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCategory {
    pub name: CategoryName,
    pub parent: Option<CategoryId>,
}

/// The changes of one update. The default changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryChange {
    pub name: Option<CategoryName>,
    pub parent: Change<CategoryId>,
}

impl Category {
    pub(super) fn changed(&self, change: &CategoryChange) -> Self {
        Self {
            name: change.name.clone().unwrap_or_else(|| self.name.clone()),
            parent: change.parent.apply_to(self.parent),
            ..*self
        }
    }
}
