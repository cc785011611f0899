//! Keyset pagination: pages of a sorted list, each after the last row of the one before.

use crate::failure::{Kind, Refusal};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The largest page. `catalog/sql/pages.rs` repeats the number, plus one, in statements with a constant limit.
pub(crate) const MAX_LIMIT: u8 = 100;

/// A request for one page: its size, and the key of the row that it follows. `K` is the sort key of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest<K> {
    limit: u8,
    pub after: Option<K>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPage {
    #[error("limit must be between 1 and 100")]
    Limit,
    #[error("the cursor does not belong to this list")]
    Cursor,
}

impl Refusal for BadPage {
    fn kind(&self) -> Kind {
        Kind::Malformed
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Limit => "bad_limit",
            Self::Cursor => "bad_cursor",
        }
    }
}

/// A text sort key. Cursors are client input, so NUL is refused, which PostgreSQL cannot store in text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct TextKey(pub(crate) String);

impl TryFrom<String> for TextKey {
    type Error = BadPage;

    fn try_from(text: String) -> Result<Self, BadPage> {
        if text.contains('\0') { Err(BadPage::Cursor) } else { Ok(Self(text)) }
    }
}

impl<K: DeserializeOwned> PageRequest<K> {
    /// `limit` is 1 to 100, by default 20. `cursor` is `next` of the page before.
    pub fn new(limit: Option<i64>, cursor: Option<&str>) -> Result<Self, BadPage> {
        let limit = u8::try_from(limit.unwrap_or(20)).map_err(|_| BadPage::Limit)?;
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(BadPage::Limit);
        }
        let read = |cursor: &str| {
            let json = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
            serde_json::from_slice(&json).ok()
        };
        let after = cursor.map(|cursor| read(cursor).ok_or(BadPage::Cursor)).transpose()?;
        Ok(Self { limit, after })
    }
}

impl<K> PageRequest<K> {
    /// One row more than the page holds: it shows whether there is another page.
    pub(crate) fn fetch_limit(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The page, and the cursor of the next one, from up to [`Self::fetch_limit`] rows.
    pub(crate) fn paginate<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> K) -> Page<T>
    where
        K: Serialize,
    {
        let size = usize::from(self.limit);
        let has_more = items.len() > size;
        items.truncate(size);
        let next = if has_more { items.last().map(|last| cursor(&key(last))) } else { None };
        Page { items, next }
    }
}

fn cursor(key: &impl Serialize) -> String {
    let json = serde_json::to_vec(key).expect("a sort key is plain data");
    BASE64_URL_SAFE_NO_PAD.encode(json)
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_the_next_begins() {
        let page = PageRequest::<i64>::new(Some(2), None).unwrap();
        let first = page.paginate(vec![10, 20, 30], |key| *key);

        let next = PageRequest::<i64>::new(Some(2), first.next.as_deref()).unwrap();

        assert_eq!(first.items, [10, 20]);
        assert_eq!(next.after, Some(20));
        assert_eq!(next.paginate(vec![30], |key| *key).next, None);
    }

    #[test]
    fn a_text_key_that_no_row_can_have_is_refused() {
        let cursor = |key: &str| cursor(&TextKey(key.to_owned()));
        assert!(PageRequest::<TextKey>::new(None, Some(&cursor("MUG"))).is_ok());
        assert_eq!(PageRequest::<TextKey>::new(None, Some(&cursor("a\0"))), Err(BadPage::Cursor));
    }

    #[test]
    fn a_forged_cursor_or_limit_is_refused() {
        for limit in [0, -1, 101, 1_000_000_000] {
            assert_eq!(PageRequest::<i64>::new(Some(limit), None), Err(BadPage::Limit));
        }
        for cursor in ["", "%%%", "bm9uc2Vuc2U"] {
            assert_eq!(PageRequest::<i64>::new(None, Some(cursor)), Err(BadPage::Cursor));
        }
    }
}
