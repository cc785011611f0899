//! How far one direction of a connection has been forwarded, to find where a fault is triggered.

use super::{Direction, Trigger};

/// The maximum length of [`Trigger::Text`], in bytes.
const MAX_TEXT: usize = 256;

#[derive(Debug)]
pub(super) struct StreamPosition {
    pub(super) direction: Direction,
    forwarded: u64,
    /// The last bytes that were forwarded: a text may be split over two reads.
    tail: Vec<u8>,
}

impl StreamPosition {
    pub(super) fn new(direction: Direction) -> Self {
        Self { direction, forwarded: 0, tail: Vec::new() }
    }

    /// The offset in `bytes` at which the trigger is reached, if it is.
    pub(super) fn offset_of(&self, trigger: &Trigger, bytes: &[u8]) -> Option<usize> {
        match trigger {
            Trigger::Byte(offset) => {
                let left = usize::try_from(offset.checked_sub(self.forwarded)?).ok()?;
                (left < bytes.len()).then_some(left)
            }
            Trigger::Text(text) => {
                let seen = [&self.tail[..], bytes].concat();
                let found = seen.windows(text.len()).enumerate().find(|(start, window)| {
                    // A text that was forwarded as a whole no longer counts.
                    start + text.len() > self.tail.len() && window == text
                });
                found.map(|(start, _)| start.saturating_sub(self.tail.len()))
            }
        }
    }

    pub(super) fn advance(&mut self, bytes: &[u8]) {
        self.forwarded += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.tail.extend_from_slice(bytes);
        self.tail.drain(..self.tail.len().saturating_sub(MAX_TEXT));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_over_all_pieces() {
        let mut position = StreamPosition::new(Direction::ToServer);
        position.advance(b"abc");

        assert_eq!(position.offset_of(&Trigger::Byte(5), b"defg"), Some(2));
        assert_eq!(position.offset_of(&Trigger::Byte(3), b"defg"), Some(0));
        assert_eq!(position.offset_of(&Trigger::Byte(7), b"defg"), None, "all of it is forwarded");
        assert_eq!(
            position.offset_of(&Trigger::Byte(2), b"defg"),
            None,
            "that offset is already forwarded"
        );
    }

    #[test]
    fn a_text_is_found_in_two_pieces_and_once() {
        let mut position = StreamPosition::new(Direction::ToClient);
        assert_eq!(position.offset_of(&Trigger::text("COMMIT"), b"a COMMIT"), Some(2));
        position.advance(b"a COM");

        assert_eq!(position.offset_of(&Trigger::text("COMMIT"), b"MIT b"), Some(0));
        position.advance(b"MIT b");
        assert_eq!(position.offset_of(&Trigger::text("COMMIT"), b" c"), None);
    }
}
