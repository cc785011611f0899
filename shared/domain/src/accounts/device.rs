//! What a client says it is, in its `User-Agent` header. It proves nothing, but owners recognize their sessions by it.

const MAX_LENGTH: usize = 200;

/// The beginning of a `User-Agent` header, in printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device(String);

impl Device {
    /// `None` if nothing is left of it.
    pub fn from_user_agent(header: &str) -> Option<Self> {
        let plain = header.chars().filter(|c| matches!(c, ' '..='~'));
        let text: String = plain.take(MAX_LENGTH).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_the_beginning_of_what_it_says_in_plain_characters() {
        let device = |header: &str| Device::from_user_agent(header).map(|device| device.0);

        assert_eq!(device(" Firefox/145.0\n\u{202e}é "), Some("Firefox/145.0".to_owned()));
        assert_eq!(device(&"x".repeat(201)), Some("x".repeat(200)));
        assert_eq!((device(""), device(" \t"), device("☕")), (None, None, None));
    }
}
