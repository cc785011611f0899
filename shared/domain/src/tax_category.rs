//! What goods and shipping are taxed as. Pure.

use crate::failure::Invalid;
use crate::text;

/// A word such as `standard`, `reduced` or `books`, which tax rates name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxCategory(String);

impl TaxCategory {
    pub fn parse(pointer: &str, raw: &str) -> Result<Self, Invalid> {
        text::slug(pointer, raw).map(Self)
    }

    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The category whose rates hold for all that have none.
impl Default for TaxCategory {
    fn default() -> Self {
        Self("standard".to_owned())
    }
}

impl From<TaxCategory> for String {
    fn from(category: TaxCategory) -> Self {
        category.0
    }
}
