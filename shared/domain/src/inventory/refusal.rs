use super::feed::RejectedCount;
use crate::failure::{self, Invalid, Kind};
use crate::idempotency;
use serde_json::{Map, Value, json};

/// Why a change of stock is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no product with the SKU {0}")]
    UnknownSku(String),
    #[error("{reserved} pieces are reserved for orders; the quantity on hand cannot be lower")]
    BelowReserved { on_hand: i32, reserved: i32 },
    #[error("the quantity on hand would be too large")]
    TooLarge { on_hand: i32 },
    #[error("none of the counts is accepted; each is listed with the reason")]
    NoGoodCount(Vec<RejectedCount>),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Idempotency(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::UnknownSku(_) => Kind::NotFound,
            Self::BelowReserved { .. } | Self::TooLarge { .. } => Kind::Conflict,
            Self::NoGoodCount(_) => Kind::Invalid,
            Self::Invalid(refusal) => refusal.kind(),
            Self::Idempotency(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownSku(_) => "unknown_sku",
            Self::BelowReserved { .. } => "below_reserved",
            Self::TooLarge { .. } => "too_much_stock",
            Self::NoGoodCount(_) => "no_good_count",
            Self::Invalid(refusal) => refusal.code(),
            Self::Idempotency(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        let details = match self {
            Self::UnknownSku(sku) => vec![("sku", json!(sku))],
            Self::BelowReserved { on_hand, reserved } => {
                vec![("reserved", json!(reserved)), ("on_hand", json!(on_hand))]
            }
            Self::TooLarge { on_hand } => vec![("on_hand", json!(on_hand))],
            Self::NoGoodCount(rejected) => vec![("rejected", json!(rejected))],
            Self::Invalid(refusal) => return refusal.details(),
            Self::Idempotency(refusal) => return refusal.details(),
        };
        details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Refusal as _;

    #[test]
    fn why_stock_stays_as_it_is_is_told_to_programs() {
        let below = Refusal::BelowReserved { on_hand: 2, reserved: 3 };
        let wrong = Invalid::new("/reason", "too_long", "is too long");
        let details = Value::Object(wrong.details());
        for (refusal, kind, code, details) in [
            (
                Refusal::UnknownSku("MUG".to_owned()),
                Kind::NotFound,
                "unknown_sku",
                json!({"sku": "MUG"}),
            ),
            (below, Kind::Conflict, "below_reserved", json!({"on_hand": 2, "reserved": 3})),
            (
                Refusal::TooLarge { on_hand: 4 },
                Kind::Conflict,
                "too_much_stock",
                json!({"on_hand": 4}),
            ),
            (
                Refusal::NoGoodCount(Vec::new()),
                Kind::Invalid,
                "no_good_count",
                json!({"rejected": []}),
            ),
            (wrong.into(), Kind::Invalid, "invalid_value", details),
            (
                idempotency::Refusal::KeyReused.into(),
                Kind::Invalid,
                "idempotency_key_reused",
                json!({}),
            ),
        ] {
            let said = (refusal.kind(), refusal.code(), Value::Object(refusal.details()));
            assert_eq!(said, (kind, code, details), "{refusal}");
        }
    }
}
