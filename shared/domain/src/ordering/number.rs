//! The number of an order, which people read, say and type. Pure.

use crate::id::OrderId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use time::OffsetDateTime;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Crockford's Base32: no letter is like a digit, and U is left out. <https://www.crockford.com/base32.html>
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 10;
/// Shown in two groups, since nobody reads ten characters at once.
const GROUP: usize = 5;

/// Ten characters that were drawn at random when the order was placed: nobody can count orders by them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OrderNumber([u8; LENGTH]);

/// Text that is no number of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the number of an order, such as K7QF2-9XM4T")]
pub struct InvalidNumber;

/// What people call an order: its number, or the id of one from before there were numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderReference {
    pub id: OrderId,
    pub number: Option<OrderNumber>,
}

/// When an order is placed, which is the time of its transaction, and the number that was drawn for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    pub(super) at: OffsetDateTime,
    pub(super) number: OrderNumber,
}

impl OrderNumber {
    /// As the database has it: in capitals, without a hyphen.
    pub(crate) fn stored(&self) -> &str {
        std::str::from_utf8(&self.0).expect("each character is one of the alphabet")
    }
}

/// In any case, with or without hyphens and spaces; O is read as 0, and I and L as 1.
impl FromStr for OrderNumber {
    type Err = InvalidNumber;

    fn from_str(text: &str) -> Result<Self, InvalidNumber> {
        let written = text.bytes().filter(|byte| !b"- ".contains(byte));
        let read = written.map(|byte| match byte.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        });
        let mut number = [0; LENGTH];
        let mut places = number.iter_mut();
        for byte in read {
            let place = places.next().filter(|_| ALPHABET.contains(&byte));
            *place.ok_or(InvalidNumber)? = byte;
        }
        if places.next().is_some() { Err(InvalidNumber) } else { Ok(Self(number)) }
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, other) = self.stored().split_at(GROUP);
        write!(f, "{one}-{other}")
    }
}

impl fmt::Debug for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for OrderReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "{number}"),
            None => write!(f, "{}", self.id),
        }
    }
}

impl Serialize for OrderNumber {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OrderNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for OrderNumber {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$"))
            .examples(["K7QF2-9XM4T"])
            .into()
    }
}

impl ToSchema for OrderNumber {
    fn name() -> std::borrow::Cow<'static, str> {
        "OrderNumber".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_read_however_people_write_it() {
        for written in ["K7QF2-9XM4T", "k7qf29xm4t", " k7qf2 9xm4t ", "K7-QF-29-XM-4T"] {
            assert_eq!(written.parse::<OrderNumber>().unwrap().to_string(), "K7QF2-9XM4T");
        }
        let mistaken = "oO0iI-lL1AB".parse::<OrderNumber>().unwrap();
        assert_eq!(
            (mistaken.to_string().as_str(), mistaken.stored()),
            ("00011-111AB", "00011111AB")
        );
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bad in [
            "",
            "-",
            "K7QF2-9XM4",
            "K7QF2-9XM4TT",
            "K7QF2-9XM4U",
            "K7QF2_9XM4T",
            "K7QF2-9XM4é",
            "K7QF2-9XM4\0",
        ] {
            assert_eq!(bad.parse::<OrderNumber>(), Err(InvalidNumber), "{bad:?}");
        }
    }

    #[test]
    fn an_order_without_a_number_is_called_by_its_id() {
        let id = OrderId::generate();
        let called = |number| OrderReference { id, number }.to_string();
        assert_eq!(called(None), id.to_string());
        assert_eq!(called("k7qf29xm4t".parse().ok()), "K7QF2-9XM4T");
    }

    proptest! {
        #[test]
        fn a_number_reads_as_it_was_written(text in "[0-9A-HJKMNP-TV-Z]{10}") {
            let number: OrderNumber = text.parse().unwrap();
            prop_assert_eq!(number.stored(), text);
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            prop_assert_eq!(serde_json::from_value(serde_json::json!(number)).ok(), Some(number));
        }
    }
}
