//! Countries in paths and queries.

use domain::country::Country;
use domain::failure::Invalid;
use domain::pricing::country_at;
use serde::Deserialize;

/// A code of ISO 3166-1 alpha-2, or XK. Another one in a path gets `not_found`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct CountryCode(pub(crate) Country);

impl TryFrom<String> for CountryCode {
    type Error = Invalid;

    fn try_from(code: String) -> Result<Self, Invalid> {
        country_at("country", &code).map(Self)
    }
}
