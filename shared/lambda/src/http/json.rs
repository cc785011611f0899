//! Reads JSON as JSON Schema does, where serde differs: an object is never written as an array of its values, and a
//! whole number is one in any spelling (`1`, `1.0`, `1e0`).

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected, Visitor,
};
use std::fmt;

/// Beyond it (2^53), neighbours are the same `f64`.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A deserializer that follows the schema, or the part of one that gets at nested values.
pub(super) struct BySchema<T>(pub(super) T);

/// Passes values on to the visitor of a type.
struct Checked<V> {
    visitor: V,
    /// Whether the type is a struct: its schema says object.
    is_object: bool,
}

impl<V> Checked<V> {
    fn new(visitor: V) -> Self {
        Self { visitor, is_object: false }
    }
}

macro_rules! pass_on {
    ($($method:ident($($argument:ident: $type:ty),*))+) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* Checked::new(visitor))
        }
    )+};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for BySchema<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Checked { visitor, is_object: true })
    }

    pass_on! {
        deserialize_any()
        deserialize_bool()
        deserialize_i8()
        deserialize_i16()
        deserialize_i32()
        deserialize_i64()
        deserialize_i128()
        deserialize_u8()
        deserialize_u16()
        deserialize_u32()
        deserialize_u64()
        deserialize_u128()
        deserialize_f32()
        deserialize_f64()
        deserialize_char()
        deserialize_str()
        deserialize_string()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_option()
        deserialize_unit()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_seq()
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map()
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier()
        deserialize_ignored_any()
    }
}

macro_rules! visit {
    ($($method:ident: $type:ty),+ $(,)?) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        }
    )+};
}

/// What JSON has. The other methods of a visitor are never called.
impl<'de, V: Visitor<'de>> Visitor<'de> for Checked<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(formatter)
    }

    visit! {
        visit_bool: bool,
        visit_i64: i64,
        visit_i128: i128,
        visit_u64: u64,
        visit_u128: u128,
        visit_str: &str,
        visit_borrowed_str: &'de str,
        visit_string: String,
        visit_bytes: &[u8],
        visit_borrowed_bytes: &'de [u8],
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        // In decimal digits, since a cast would round.
        let whole =
            (value.fract() == 0.0 && value.abs() < MAX_EXACT).then(|| format!("{value:.0}"));
        match whole.and_then(|digits| digits.parse().ok()) {
            Some(whole) => self.visitor.visit_i64(whole),
            None => self.visitor.visit_f64(value),
        }
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(BySchema(value))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(BySchema(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        if self.is_object {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        self.visitor.visit_seq(BySchema(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(BySchema(members))
    }

    /// Enums of bodies are strings: they have no content to check.
    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(variant)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for BySchema<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(BySchema(seed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for BySchema<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(BySchema(seed))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for BySchema<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(BySchema(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        T::deserialize(BySchema(&mut deserializer)).map_err(|error| error.to_string())
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Line {
        sku: String,
        pieces: u32,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Order {
        lines: Vec<Line>,
        gift: Option<Line>,
        #[serde(default)]
        by_name: BTreeMap<String, Line>,
    }

    #[test]
    fn an_object_is_never_an_array_however_deep() {
        let line = r#"{"sku":"MUG","pieces":2}"#;
        let order = |lines: &str, gift: &str, named: &str| {
            let json = format!(r#"{{"lines":{lines},"gift":{gift},"by_name":{named}}}"#);
            read::<Order>(&json)
        };

        let whole = order(&format!("[{line}]"), line, &format!(r#"{{"a":{line}}}"#)).unwrap();
        assert_eq!(whole.gift, Some(Line { sku: "MUG".to_owned(), pieces: 2 }));
        assert!(order("[]", "null", "{}").is_ok());

        let array = r#"["MUG",2]"#;
        for (lines, gift, named) in [
            (&*format!("[{array}]"), "null", "{}"),
            ("[]", array, "{}"),
            ("[]", "[]", "{}"),
            ("[]", "null", &*format!(r#"{{"a":{array}}}"#)),
        ] {
            let error = order(lines, gift, named).unwrap_err();
            assert!(error.contains("invalid type: sequence, expected struct Line"), "{error}");
        }
        assert!(read::<Order>("[[],null,{}]").is_err());
    }

    #[test]
    fn a_whole_number_is_one_in_any_spelling() {
        for (json, number) in [
            ("1", 1),
            ("1.0", 1),
            ("1e2", 100),
            ("1.5E1", 15),
            ("120e-1", 12),
            ("-0.0", 0),
            ("-3.0", -3),
            ("9007199254740991.0", 9_007_199_254_740_991),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(read::<i64>(json), Ok(number), "{json}");
        }
        for json in ["1.5", "1e-1", "9007199254740993.0", "1e30", "\"1\"", "null"] {
            assert!(read::<i64>(json).is_err(), "{json}");
        }
        assert_eq!(read::<u8>("2.55e2"), Ok(255));
        assert!(read::<u8>("2.56e2").is_err());
        assert!(read::<u8>("-1.0").is_err());
        assert_eq!(read::<Option<u8>>("7.0"), Ok(Some(7)));
    }

    #[test]
    fn what_has_no_schema_reads_as_it_is_but_for_the_spelling_of_numbers() {
        let value: Value = read(r#"{"a":[1.0,1.5,"x",null,true],"b":{"c":1e2}}"#).unwrap();
        assert_eq!(value, json!({"a": [1, 1.5, "x", null, true], "b": {"c": 100}}));
    }
}
