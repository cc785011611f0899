//! What one direction of one connection has carried, as far as that decides where it breaks.

use super::{At, Way};

/// No text that a break waits for is longer.
const LONGEST: usize = 256;

#[derive(Debug)]
pub(super) struct Watch {
    pub(super) way: Way,
    passed: u64,
    /// The last bytes that passed: a text may come in two pieces.
    tail: Vec<u8>,
}

impl Watch {
    pub(super) fn new(way: Way) -> Self {
        Self { way, passed: 0, tail: Vec::new() }
    }

    /// If `bytes` reach the place: how many of them still pass.
    pub(super) fn meets(&self, at: &At, bytes: &[u8]) -> Option<usize> {
        match at {
            At::Byte(place) => {
                let left = usize::try_from(place.checked_sub(self.passed)?).ok()?;
                (left < bytes.len()).then_some(left)
            }
            At::Text(text) => {
                let seen = [&self.tail[..], bytes].concat();
                let found = seen.windows(text.len()).enumerate().find(|(start, window)| {
                    // What passed as a whole is over.
                    start + text.len() > self.tail.len() && window == text
                });
                found.map(|(start, _)| start.saturating_sub(self.tail.len()))
            }
        }
    }

    pub(super) fn pass(&mut self, bytes: &[u8]) {
        self.passed += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.tail.extend_from_slice(bytes);
        self.tail.drain(..self.tail.len().saturating_sub(LONGEST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_over_all_pieces() {
        let mut watch = Watch::new(Way::ToServer);
        watch.pass(b"abc");

        assert_eq!(watch.meets(&At::Byte(5), b"defg"), Some(2));
        assert_eq!(watch.meets(&At::Byte(3), b"defg"), Some(0));
        assert_eq!(watch.meets(&At::Byte(7), b"defg"), None, "all of it passes");
        assert_eq!(watch.meets(&At::Byte(2), b"defg"), None, "that is over");
    }

    #[test]
    fn a_text_is_found_in_two_pieces_and_once() {
        let mut watch = Watch::new(Way::ToClient);
        assert_eq!(watch.meets(&At::text("COMMIT"), b"a COMMIT"), Some(2));
        watch.pass(b"a COM");

        assert_eq!(watch.meets(&At::text("COMMIT"), b"MIT b"), Some(0));
        watch.pass(b"MIT b");
        assert_eq!(watch.meets(&At::text("COMMIT"), b" c"), None);
    }
}
