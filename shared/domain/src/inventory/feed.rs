//! Many counts at once, as a supplier sends them. Pure.

use super::count::Count;
use crate::failure::Invalid;
use std::collections::HashSet;

/// Counts of one source, each news of its own: no two are about the same product under the same sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed(Vec<Count>);

/// One line of a feed, as it came.
#[derive(Clone, Debug)]
pub struct FeedLine {
    pub sku: String,
    pub sequence: i64,
    pub on_hand: i64,
}

impl Feed {
    pub const LONGEST: usize = 500;

    pub fn new(source: &str, lines: &[FeedLine]) -> Result<Self, Invalid> {
        if !(1..=Self::LONGEST).contains(&lines.len()) {
            return Err(Invalid::new("/counts", "bad_length", "must have 1 to 500 entries"));
        }
        let counts = lines.iter().enumerate().map(|(place, line)| {
            Count::new(source, line.sequence, &line.sku, line.on_hand)
                .map_err(|invalid| at(place, invalid))
        });
        let counts: Vec<_> = counts.collect::<Result<_, _>>()?;
        let mut seen = HashSet::new();
        for (place, count) in counts.iter().enumerate() {
            if !seen.insert((count.sku(), count.sequence())) {
                let detail = "the feed has another count of this sku under this sequence number";
                return Err(at(place, Invalid::new("/sequence", "repeated", detail)));
            }
        }
        Ok(Self(counts))
    }

    pub fn counts(&self) -> &[Count] {
        &self.0
    }
}

/// What is wrong with one line, as seen from the whole. The source belongs to all of them.
fn at(place: usize, invalid: Invalid) -> Invalid {
    if invalid.pointer == "/source" {
        return invalid;
    }
    Invalid { pointer: format!("/counts/{place}{}", invalid.pointer), ..invalid }
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
