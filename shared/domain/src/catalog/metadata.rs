//! Free-form metadata of a product, set by API clients.

use crate::failure::Invalid;
use crate::text;
use std::collections::BTreeMap;

/// String values by key: at most 50 keys of 40 characters, values of 500 characters, 8 KiB as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(pub(super) BTreeMap<String, String>);

/// A JSON merge patch (RFC 7396): `None` removes a key.
pub type MetadataChange = BTreeMap<String, Option<String>>;

const MAX_KEYS: usize = 50;
/// In characters, like the length of a value.
const MAX_KEY_LENGTH: usize = 40;
const MAX_VALUE_LENGTH: usize = 500;
const MAX_BYTES: usize = 8 * 1024;

impl Metadata {
    pub fn new(entries: BTreeMap<String, String>) -> Result<Self, Invalid> {
        if entries.len() > MAX_KEYS {
            let detail = format!("must have at most {MAX_KEYS} keys");
            return Err(Invalid::new("/metadata", "too_many", detail));
        }
        for (key, value) in &entries {
            check(key, value)?;
        }
        if size(&entries) > MAX_BYTES {
            let detail = format!("must have at most {MAX_BYTES} bytes as JSON");
            return Err(Invalid::new("/metadata", "too_large", detail));
        }
        Ok(Self(entries))
    }

    pub fn into_entries(self) -> BTreeMap<String, String> {
        self.0
    }

    /// The metadata after the patch. Refused if it would exceed a limit.
    pub(super) fn merge(&self, change: &MetadataChange) -> Result<Self, Invalid> {
        let mut entries = self.0.clone();
        for (key, value) in change {
            match value {
                Some(value) => entries.insert(key.clone(), value.clone()),
                None => entries.remove(key),
            };
        }
        Self::new(entries)
    }
}

fn check(key: &str, value: &str) -> Result<(), Invalid> {
    let pointer = format!("/metadata/{}", key.replace('~', "~0").replace('/', "~1"));
    if key.is_empty() {
        return Err(Invalid::new(pointer, "empty", "a key must not be empty"));
    }
    for (text, max_length) in [(key, MAX_KEY_LENGTH), (value, MAX_VALUE_LENGTH)] {
        text::multiline(&pointer, text, max_length)?;
        if text.contains(char::is_control) {
            let detail = "must not contain control characters";
            return Err(Invalid::new(pointer, "bad_character", detail));
        }
    }
    Ok(())
}

fn size(entries: &BTreeMap<String, String>) -> usize {
    serde_json::to_vec(entries).expect("a map of strings serializes to JSON").len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(entries: &[(&str, &str)]) -> Result<Metadata, Invalid> {
        Metadata::new(entries.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    fn code(entries: &[(&str, &str)]) -> &'static str {
        of(entries).unwrap_err().code
    }

    #[test]
    fn keys_and_values_are_bounded() {
        assert!(of(&[(&"k".repeat(40), &"v".repeat(500)), ("empty", "")]).is_ok());
        assert_eq!(code(&[(&"k".repeat(41), "")]), "too_long");
        assert_eq!(code(&[("k", &"v".repeat(501))]), "too_long");
        assert_eq!(code(&[("", "v")]), "empty");
        assert_eq!(code(&[("k", "a\0")]), "bad_character");
        assert_eq!(code(&[("a\n", "v")]), "bad_character");
    }

    #[test]
    fn the_whole_is_bounded() {
        let many = |n: usize, value: &str| {
            Metadata::new((0..n).map(|n| (n.to_string(), value.to_owned())).collect())
        };
        assert!(many(50, "v").is_ok());
        assert_eq!(many(51, "v").unwrap_err().code, "too_many");
        assert_eq!(many(17, &"v".repeat(500)).unwrap_err().code, "too_large");
    }

    #[test]
    fn the_refusal_points_at_the_key() {
        assert_eq!(of(&[("a/b~c", "\0")]).unwrap_err().pointer, "/metadata/a~1b~0c");
    }

    proptest! {
        #[test]
        fn a_merge_sets_removes_and_keeps(
            old in prop::collection::btree_map("[a-e]", "[x-z]{0,3}", 0..5),
            change in prop::collection::btree_map("[a-e]", prop::option::of("[x-z]{0,3}"), 0..5),
        ) {
            let merged = Metadata::new(old.clone()).unwrap().merge(&change).unwrap();
            for key in ["a", "b", "c", "d", "e"] {
                let expected = change.get(key).cloned().unwrap_or(old.get(key).cloned());
                prop_assert_eq!(merged.0.get(key), expected.as_ref());
            }
            prop_assert_eq!(merged.merge(&change), Ok(merged.clone()));
        }
    }
}
