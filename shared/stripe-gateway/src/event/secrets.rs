//! Takes the secrets out of bodies that are no events before they are stored.

const CLIENT_SECRET: &str = "\"client_secret\"";

/// The same bytes with the value of every `client_secret` replaced by `withheld`: a browser pays with it, and we never
/// need it again.
pub(super) fn without_secrets(raw: &[u8]) -> Vec<u8> {
    if let Ok(text) = std::str::from_utf8(raw) {
        return redact(text).into_bytes();
    }
    // Not text, but it may hold one all the same. One character for each byte, so that each comes back as it was.
    let text: String = raw.iter().copied().map(char::from).collect();
    redact(&text).chars().filter_map(|c| u8::try_from(c).ok()).collect()
}

fn redact(raw: &str) -> String {
    let mut parts = raw.split(CLIENT_SECRET);
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let value = part.trim_start().strip_prefix(':').and_then(|value| {
            let value = value.trim_start().strip_prefix('"')?;
            Some(value.split_at(end_of_string(value)?))
        });
        redacted.push_str(CLIENT_SECRET);
        match value {
            Some((secret, rest)) => {
                let before = part.len() - secret.len() - rest.len();
                redacted.push_str(&part[..before]);
                redacted.push_str("withheld");
                redacted.push_str(rest);
            }
            None => redacted.push_str(part),
        }
    }
    redacted
}

/// The position of the closing quote of a JSON string; `text` starts after the opening one.
fn end_of_string(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.find(|c| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_withheld_and_nothing_else_changes() {
        for (raw, redacted) in [
            (r#"{"client_secret":"pi_1_secret_2","a":1}"#, r#"{"client_secret":"withheld","a":1}"#),
            (r#"{"client_secret" : "s", "x": "s"}"#, r#"{"client_secret" : "withheld", "x": "s"}"#),
            (
                r#"[{"client_secret":null},"client_secret"]"#,
                r#"[{"client_secret":null},"client_secret"]"#,
            ),
            (r#"{"client_secret":"a\"b\\","a":1}"#, r#"{"client_secret":"withheld","a":1}"#),
            ("{}", "{}"),
        ] {
            assert_eq!(without_secrets(raw.as_bytes()), redacted.as_bytes());
        }
    }

    #[test]
    fn bytes_that_are_no_text_stay_as_they_are_but_for_the_secrets() {
        assert_eq!(
            without_secrets(b"{\"client_secret\":\"s\xff\", \"x\":\"\xfe\xa0\"}"),
            b"{\"client_secret\":\"withheld\", \"x\":\"\xfe\xa0\"}"
        );
    }
}
