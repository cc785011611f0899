//! One member of a JSON merge patch (RFC 7396).

use crate::failure::Invalid;
use serde::{Deserialize, Deserializer};

/// A missing member keeps the old value, null removes it, any other value replaces it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Change<T> {
    /// For fields that cannot be removed: refuses null. `None` keeps the old value.
    pub fn required(self, pointer: &str) -> Result<Option<T>, Invalid> {
        match self {
            Self::Keep => Ok(None),
            Self::Clear => Err(Invalid::new(pointer, "required", "cannot be removed")),
            Self::Set(value) => Ok(Some(value)),
        }
    }

    /// For fields where null means the default value. `None` keeps the old value.
    pub fn or_default(self) -> Option<T>
    where
        T: Default,
    {
        match self {
            Self::Keep => None,
            Self::Clear => Some(T::default()),
            Self::Set(value) => Some(value),
        }
    }

    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(to(value)),
        }
    }

    /// Like [`Self::map`], for what may be refused.
    pub fn try_map<U, E>(self, to: impl FnOnce(T) -> Result<U, E>) -> Result<Change<U>, E> {
        Ok(match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(to(value)?),
        })
    }

    /// The value after the change.
    pub fn apply_to(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Keep => old,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// The field needs `#[serde(default)]`: serde does not call `deserialize` for a missing member.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(from)?.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Patch {
        #[serde(default)]
        name: Change<String>,
    }

    fn name(json: &str) -> Change<String> {
        serde_json::from_str::<Patch>(json).unwrap().name
    }

    #[test]
    fn a_missing_field_is_no_null() {
        assert_eq!(name("{}"), Change::Keep);
        assert_eq!(name(r#"{"name":null}"#), Change::Clear);
        assert_eq!(name(r#"{"name":"mug"}"#), Change::Set("mug".to_owned()));
    }

    #[test]
    fn null_removes_only_what_can_be_missing() {
        assert_eq!(Change::<u8>::Clear.required("/name").unwrap_err().code, "required");
        assert_eq!(Change::<u8>::Clear.apply_to(Some(1)), None);
        assert_eq!(Change::Keep.apply_to(Some(1)), Some(1));
        assert_eq!(Change::<u8>::Clear.or_default(), Some(0));
    }
}
