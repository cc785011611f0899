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

    /// The page, from up to [`Self::fetch_limit`] rows.
    pub fn paginate<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> K) -> Page<T>
    where
        K: Serialize,
    {
        let size = usize::from(self.limit);
        let has_more = items.len() > size;
        items.truncate(size);
        let cursors = items.iter().map(|item| cursor(&key(item))).collect();
        Page { items, position: Position { cursors, has_more } }
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
    pub position: Position,
}

/// Where a page ends. It may be shortened: then the next page begins after the last row that is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// For each row, the cursor of the page that begins after it. Empty for a list that has one page.
    cursors: Vec<String>,
    has_more: bool,
}

impl<T> Page<T> {
    /// A list that has one page, whatever its length.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, position: Position::default() }
    }
}

impl Position {
    /// The cursor of the next page, if there is one.
    pub fn next(&self) -> Option<&str> {
        if self.has_more { self.cursors.last().map(String::as_str) } else { None }
    }

    /// Leaves the first `rows` rows, at least one. Whether it is shorter now: a list that has one page stays whole.
    pub fn shorten(&mut self, rows: usize) -> bool {
        let rows = rows.max(1);
        let is_shorter = rows < self.cursors.len();
        if is_shorter {
            self.cursors.truncate(rows);
            self.has_more = true;
        }
        is_shorter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_the_next_begins() {
        let page = PageRequest::<i64>::new(Some(2), None).unwrap();
        let first = page.paginate(vec![10, 20, 30], |key| *key);

        let next = PageRequest::<i64>::new(Some(2), first.position.next()).unwrap();

        assert_eq!(first.items, [10, 20]);
        assert_eq!(next.after, Some(20));
        assert_eq!(next.paginate(vec![30], |key| *key).position.next(), None);
    }

    #[test]
    fn a_shorter_page_leads_to_the_row_after_its_last_one() {
        let page = PageRequest::<i64>::new(Some(3), None).unwrap();
        let mut last = page.paginate(vec![10, 20, 30], |key| *key).position;
        let after =
            |position: &Position| PageRequest::<i64>::new(None, position.next()).unwrap().after;
        assert_eq!((last.shorten(3), after(&last)), (false, None));

        assert_eq!((last.shorten(2), after(&last)), (true, Some(20)));
        assert_eq!((last.shorten(0), after(&last)), (true, Some(10)), "a page has a row at least");
        assert!(!Page::whole(vec![1, 2]).position.shorten(1));
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
