//! Feeds: batches of stock counts from a supplier. Pure.

use super::count::Count;
use crate::failure::Invalid;
use std::collections::HashSet;

/// 1 to 500 counts of one source. No two have the same SKU and sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed(Vec<Count>);

/// An unvalidated line of a feed.
#[derive(Clone, Debug)]
pub struct FeedLine {
    pub sku: String,
    pub sequence: i64,
    pub on_hand: i64,
}

impl Feed {
    pub const MAX_LINES: usize = 500;

    pub fn new(source: &str, lines: &[FeedLine]) -> Result<Self, Invalid> {
        if !(1..=Self::MAX_LINES).contains(&lines.len()) {
            return Err(Invalid::new("/counts", "bad_length", "must have 1 to 500 entries"));
        }
        let counts = lines.iter().enumerate().map(|(index, line)| {
            Count::new(source, line.sequence, &line.sku, line.on_hand)
                .map_err(|invalid| at(index, invalid))
        });
        let counts: Vec<_> = counts.collect::<Result<_, _>>()?;
        let mut seen = HashSet::new();
        for (index, count) in counts.iter().enumerate() {
            if !seen.insert((count.sku(), count.sequence())) {
                let detail = "the feed has another count of this SKU with the same sequence number";
                return Err(at(index, Invalid::new("/sequence", "repeated", detail)));
            }
        }
        Ok(Self(counts))
    }

    pub fn counts(&self) -> &[Count] {
        &self.0
    }
}

/// The error of a line, with a pointer into the whole feed. An invalid source concerns all lines.
fn at(index: usize, invalid: Invalid) -> Invalid {
    if invalid.pointer == "/source" {
        return invalid;
    }
    Invalid { pointer: format!("/counts/{index}{}", invalid.pointer), ..invalid }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(sku: &str, sequence: i64, on_hand: i64) -> FeedLine {
        FeedLine { sku: sku.to_owned(), sequence, on_hand }
    }

    fn pointer(source: &str, lines: &[FeedLine]) -> String {
        Feed::new(source, lines).unwrap_err().pointer
    }

    #[test]
    fn a_feed_says_which_of_its_lines_is_wrong() {
        let fine = line("MUG", 1, 4);
        assert_eq!(pointer("", std::slice::from_ref(&fine)), "/source");
        assert_eq!(pointer("acme", &[fine.clone(), line("POT", 1, -1)]), "/counts/1/on_hand");
        assert_eq!(pointer("acme", &[line("", 1, 1)]), "/counts/0/sku");
        assert_eq!(pointer("acme", &[fine.clone(), line("MUG", 1, 5)]), "/counts/1/sequence");
        assert!(Feed::new("acme", &[fine, line("MUG", 2, 5)]).is_ok());
    }

    #[test]
    fn a_feed_has_one_to_five_hundred_lines() {
        let lines: Vec<_> = (0..501).map(|sequence| line("MUG", sequence, 1)).collect();
        assert_eq!(pointer("acme", &[]), "/counts");
        assert_eq!(pointer("acme", &lines), "/counts");
        assert_eq!(Feed::new("acme", &lines[1..]).unwrap().counts().len(), 500);
    }
}
