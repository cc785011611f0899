//! Idempotency keys as clients send them. Pure.

use super::Refusal;

/// An `Idempotency-Key`: 16 to 255 printable ASCII characters, chosen by the client.
///
/// It may be sent as it is or as a string of RFC 9651, in quotation marks. Either is the same key. It is stored as it was
/// sent, as the release before does, so that a request is also recognized across a deploy and a rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub(super) sent: String,
    /// The key itself, then in quotation marks.
    pub(super) spellings: [String; 2],
}

impl Key {
    /// The value of the header.
    pub fn parse(sent: &str) -> Result<Self, Refusal> {
        let key = unquoted(sent).ok_or(Refusal::BadKey)?;
        if !fits(&key) {
            return Err(Refusal::BadKey);
        }
        let quoted = format!("\"{}\"", key.replace('\\', r"\\").replace('"', r#"\""#));
        // The release before refuses a key that is too long with its quotation marks.
        let sent = if fits(sent) { sent.to_owned() } else { key.clone() };
        Ok(Self { sent, spellings: [key, quoted] })
    }
}

fn fits(text: &str) -> bool {
    (16..=255).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

/// The key itself. `None` if it begins as a string of RFC 9651 and does not end as one.
fn unquoted(value: &str) -> Option<String> {
    let Some(quoted) = value.strip_prefix('"') else { return Some(value.to_owned()) };
    let mut escaped = quoted.strip_suffix('"')?.chars();
    let mut key = String::new();
    while let Some(character) = escaped.next() {
        match character {
            '\\' => key.push(escaped.next().filter(|next| ['"', '\\'].contains(next))?),
            '"' => return None,
            other => key.push(other),
        }
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_quotation_marks_is_what_stands_between_them() {
        for (value, key) in [
            ("8e03978e-40d5-43dd", Some("8e03978e-40d5-43dd")),
            (r#""8e03978e-40d5-43dd""#, Some("8e03978e-40d5-43dd")),
            (r#""a \"b\" \\ c""#, Some(r#"a "b" \ c"#)),
            (r#"a "b" c"#, Some(r#"a "b" c"#)),
            (r#""a"#, None),
            (r#"""#, None),
            (r#""a"b""#, None),
            (r#""a\""#, None),
            (r#""a\b""#, None),
        ] {
            assert_eq!(unquoted(value).as_deref(), key, "{value}");
        }
    }

    #[test]
    fn a_key_has_the_same_spellings_however_it_is_sent() {
        for key in ["8e03978e-40d5-43dd", r#"a "key" with a \ in it"#] {
            let plain = Key::parse(key).unwrap();
            let quoted = Key::parse(&plain.spellings[1]).unwrap();

            assert_eq!((&plain.spellings, &plain.spellings[0]), (&quoted.spellings, &plain.sent));
            assert_eq!(quoted.spellings[1], quoted.sent);
        }
    }

    #[test]
    fn a_key_has_16_to_255_characters_that_can_be_printed() {
        let long = "k".repeat(255);
        for good in ["sixteen letters!", r#""sixteen letters!""#, &long] {
            assert!(Key::parse(good).is_ok(), "{good}");
        }
        let longer = "k".repeat(256);
        for bad in ["", "fifteen letters", r#""fifteen letters""#, "\tsixteen letters", &longer] {
            assert_eq!(Key::parse(bad), Err(Refusal::BadKey), "{bad}");
        }
        let quoted = Key::parse(&format!("\"{long}\"")).unwrap();
        assert_eq!(
            quoted,
            Key::parse(&long).unwrap(),
            "with quotation marks it is too long to store"
        );
    }
}
