//! Walking long lists: a page at a time, from where the last one ended.

use crate::failure::{Kind, Refusal};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The most that a page shows. Statements whose size is bound say one more: `catalog/sql/pages.rs`.
pub(crate) const MOST: u8 = 100;

/// How much of a list, and from where on. `K` is what the list is sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<K> {
    limit: u8,
    pub after: Option<K>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPage {
    #[error("limit must be between 1 and 100")]
    Limit,
    #[error("this cursor was not made by this list")]
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

/// Text that a list is sorted by. A cursor comes from outside, and PostgreSQL knows no NUL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Mark(pub(crate) String);

impl TryFrom<String> for Mark {
    type Error = BadPage;

    fn try_from(text: String) -> Result<Self, BadPage> {
        if text.contains('\0') { Err(BadPage::Cursor) } else { Ok(Self(text)) }
    }
}

impl<K: DeserializeOwned> Page<K> {
    /// Twenty at a time unless asked otherwise.
    pub fn new(limit: Option<i64>, cursor: Option<&str>) -> Result<Self, BadPage> {
        let limit = u8::try_from(limit.unwrap_or(20)).map_err(|_| BadPage::Limit)?;
        if !(1..=MOST).contains(&limit) {
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

impl<K> Page<K> {
    /// One row more than the page holds: it tells whether there is another page.
    pub(crate) fn rows_wanted(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts what was read down to the page, and says where the next one starts.
    pub(crate) fn cut<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> K) -> Slice<T>
    where
        K: Serialize,
    {
        let size = usize::from(self.limit);
        let has_more = items.len() > size;
        items.truncate(size);
        let next = if has_more { items.last().map(|last| cursor(&key(last))) } else { None };
        Slice { items, next }
    }
}

fn cursor(key: &impl Serialize) -> String {
    let json = serde_json::to_vec(key).expect("a sort key is plain data");
    BASE64_URL_SAFE_NO_PAD.encode(json)
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    pub items: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_the_next_begins() {
        let page = Page::<i64>::new(Some(2), None).unwrap();
        let slice = page.cut(vec![10, 20, 30], |key| *key);

        let next = Page::<i64>::new(Some(2), slice.next.as_deref()).unwrap();

        assert_eq!(slice.items, [10, 20]);
        assert_eq!(next.after, Some(20));
        assert_eq!(next.cut(vec![30], |key| *key).next, None);
    }

    #[test]
    fn a_mark_that_no_row_can_have_is_refused() {
        let cursor = |mark: &str| cursor(&Mark(mark.to_owned()));
        assert!(Page::<Mark>::new(None, Some(&cursor("MUG"))).is_ok());
        assert_eq!(Page::<Mark>::new(None, Some(&cursor("a\0"))), Err(BadPage::Cursor));
    }

    #[test]
    fn a_forged_cursor_or_limit_is_refused() {
        for limit in [0, -1, 101, 1_000_000_000] {
            assert_eq!(Page::<i64>::new(Some(limit), None), Err(BadPage::Limit));
        }
        for cursor in ["", "%%%", "bm9uc2Vuc2U"] {
            assert_eq!(Page::<i64>::new(None, Some(cursor)), Err(BadPage::Cursor));
        }
    }
}
