//! The searches whose page the newest products fill, as this process has learned. It changes the time that a search takes,
//! never what it finds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// How many searches are remembered. With one more, all are forgotten and learned anew.
const MOST: usize = 500;

/// For each search, the size of a page that the newest products have not filled. Shared by the clones of a
/// [`crate::db::Db`].
#[derive(Clone, Debug, Default)]
pub(super) struct CommonSearches(Arc<Mutex<HashMap<String, i64>>>);

impl CommonSearches {
    /// Whether the newest products are likely to fill a page of so many rows.
    pub(super) fn contains(&self, search: &str, rows: i64) -> bool {
        self.too_many().get(search).is_some_and(|too_many| rows < *too_many)
    }

    /// A search has filled a page, with the newest products or with others.
    pub(super) fn add(&self, search: &str) {
        let mut too_many = self.too_many();
        if too_many.len() >= MOST && !too_many.contains_key(search) {
            too_many.clear();
        }
        too_many.entry(search.to_owned()).or_insert(i64::MAX);
    }

    /// The newest products have not filled a page of so many rows: for that, they are not looked at again.
    pub(super) fn limit(&self, search: &str, rows: i64) {
        self.too_many().insert(search.to_owned(), rows);
    }

    fn too_many(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_common_for_pages_that_the_newest_products_may_fill() {
        let common = CommonSearches::default();
        assert!(!common.contains("red", 1));
        common.add("red");
        assert!(common.clone().contains("red", 100) && !common.contains("mug", 1));
        common.limit("red", 50);
        common.add("red");
        assert!(common.contains("red", 49) && !common.contains("red", 50));
    }

    #[test]
    fn only_so_many_searches_are_remembered() {
        let common = CommonSearches::default();
        for number in 0..=MOST {
            common.add(&number.to_string());
        }
        assert_eq!(common.too_many().len(), 1);
        assert!(common.contains(&MOST.to_string(), 1));
    }
}
