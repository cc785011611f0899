//! Diagnosis of messages in dead-letter queues. Pure.

use crate::inventory::{Count, CountMessage};
use crate::outbox::{Message, Topic};

/// Why the consumer of this topic cannot parse the message. `None` if it can: then its logs show what failed.
pub fn parse_error(topic: Topic, body: &str) -> Option<String> {
    match topic {
        Topic::Mail => match serde_json::from_str::<Message>(body) {
            Ok(Message { v: 1, .. }) => None,
            Ok(Message { v, .. }) => Some(format!("version {v} is not known")),
            Err(error) => Some(error.to_string()),
        },
        Topic::Inventory => match serde_json::from_str::<CountMessage>(body) {
            Ok(message) => Count::try_from(message).err().map(|invalid| invalid.to_string()),
            Err(error) => Some(error.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readable_dead_letter_has_no_parse_error() {
        let order =
            r#"{"v":1,"type":"order_placed","order":"ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"}"#;
        let count = r#"{"v":1,"source":"acme","sequence":1,"sku":"MUG","on_hand":4}"#;
        assert_eq!(parse_error(Topic::Mail, order), None);
        assert_eq!(parse_error(Topic::Inventory, count), None);
    }

    #[test]
    fn an_unreadable_dead_letter_says_where() {
        let wrong = |topic, body| parse_error(topic, body).unwrap();
        assert!(wrong(Topic::Mail, "{").contains("EOF"));
        assert!(wrong(Topic::Mail, r#"{"v":1,"type":"moon_landed"}"#).contains("moon_landed"));
        let newer = r#"{"v":2,"type":"dead_letters_found","hour":1}"#;
        assert_eq!(wrong(Topic::Mail, newer), "version 2 is not known");
        let impossible = r#"{"v":1,"source":"acme","sequence":1,"sku":"MUG","on_hand":-4}"#;
        assert!(wrong(Topic::Inventory, impossible).starts_with("/on_hand"));
        assert!(wrong(Topic::Inventory, "[]").contains("invalid"));
    }
}
