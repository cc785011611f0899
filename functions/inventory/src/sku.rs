use domain::catalog;
use domain::failure::Invalid;
use serde::Deserialize;

/// A SKU in the path. A malformed one gets `not_found`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Sku(pub(crate) String);

impl TryFrom<String> for Sku {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        catalog::Sku::parse(&text).map(|sku| Self(sku.into()))
    }
}
