use crate::failure::{self, Invalid, Kind};
use crate::idempotency;
use serde_json::{Map, Value, json};

/// Why stock stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no product for sale has the sku {0}")]
    UnknownSku(String),
    #[error("{reserved} pieces are promised to customers; fewer cannot be on hand")]
    BelowReserved { on_hand: i32, reserved: i32 },
    #[error("so many pieces cannot be on hand")]
    TooMuch { on_hand: i32 },
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Repetition(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::UnknownSku(_) => Kind::Missing,
            Self::BelowReserved { .. } | Self::TooMuch { .. } => Kind::Conflict,
            Self::Invalid(no) => no.kind(),
            Self::Repetition(no) => no.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownSku(_) => "unknown_sku",
            Self::BelowReserved { .. } => "below_reserved",
            Self::TooMuch { .. } => "too_much_stock",
            Self::Invalid(no) => no.code(),
            Self::Repetition(no) => no.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        let details = match self {
            Self::UnknownSku(sku) => vec![("sku", json!(sku))],
            Self::BelowReserved { on_hand, reserved } => {
                vec![("reserved", json!(reserved)), ("on_hand", json!(on_hand))]
            }
            Self::TooMuch { on_hand } => vec![("on_hand", json!(on_hand))],
            Self::Invalid(no) => return no.details(),
            Self::Repetition(no) => return no.details(),
        };
        details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
