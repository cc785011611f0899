//! Why the shop refuses what staff write about taxes and shipping.

use crate::failure::{self, DbError, Failure, Invalid, Kind};
use crate::idempotency;
use crate::page::BadPage;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this country is not taxed")]
    TaxCountryNotFound,
    #[error("a rate of the same place, category and component begins at the same time")]
    TaxRateTaken,
    #[error("there is no such shipping method")]
    ShippingMethodNotFound,
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
            Self::TaxCountryNotFound | Self::ShippingMethodNotFound => Kind::NotFound,
            Self::TaxRateTaken => Kind::Conflict,
            Self::Stale { .. } => Kind::PreconditionFailed,
            Self::BadPage(bad) => bad.kind(),
            Self::Invalid(invalid) => invalid.kind(),
            Self::Idempotency(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::TaxCountryNotFound => "tax_country_not_found",
            Self::TaxRateTaken => "tax_rate_taken",
            Self::ShippingMethodNotFound => "shipping_method_not_found",
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

/// `None` expects any version.
pub(super) fn check_version(current: i64, expected: Option<&[i64]>) -> Result<(), Refusal> {
    if expected.is_none_or(|expected| expected.contains(&current)) {
        Ok(())
    } else {
        Err(Refusal::Stale { current })
    }
}

/// Maps violated constraints of `tax_rates` to refusals.
pub(super) fn of_tax_rate(error: DbError) -> Failure<Refusal> {
    let invalid = |pointer, code, detail| Refusal::from(Invalid::new(pointer, code, detail)).into();
    match error.constraint() {
        Some("tax_rates_of_country") => {
            invalid("/country", "not_taxed", "say first how this country is taxed")
        }
        Some("tax_rates_begin_later") => {
            invalid("/valid_from", "too_early", "must be at least a minute from now")
        }
        Some("tax_rates_once") => Refusal::TaxRateTaken.into(),
        _ => Failure::Db(error),
    }
}
