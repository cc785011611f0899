//! Email addresses. Pure.

use crate::failure::Invalid;

/// An email address, as entered and in the normalized form that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    original: String,
    normalized: String,
}

impl Email {
    /// Accepts ASCII only: Unicode allows addresses that look alike but differ.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let original = raw.trim();
        let wrong = |code, detail: &str| Err(Invalid::new("/email", code, detail));
        if !original.is_ascii() {
            return wrong("not_ascii", "must contain ASCII characters only");
        }
        if !(3..=254).contains(&original.len()) {
            return wrong("bad_length", "must have 3 to 254 characters");
        }
        match original.split_once('@') {
            Some((local, domain)) if is_local_part(local) && is_domain(domain) => Ok(Self {
                original: original.to_owned(),
                normalized: original.to_ascii_lowercase(),
            }),
            _ => wrong("bad_email", "must be an email address such as ann@example.com"),
        }
    }

    /// As it was stored: parsed once, and not again.
    pub(crate) fn from_stored(original: String) -> Self {
        let normalized = original.to_ascii_lowercase();
        Self { original, normalized }
    }

    /// The address as entered, without surrounding white space.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The address in lower case. It is unique among accounts.
    pub fn normalized(&self) -> &str {
        &self.normalized
    }
}

/// A dot-atom (RFC 5322, 3.2.3). Quoted local parts are not supported.
fn is_local_part(text: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    text.len() <= 64 && text.split('.').all(is_atom)
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_name = |label: &str| label.bytes().any(|b| b.is_ascii_alphabetic());
    text.split('.').all(is_label) && text.rsplit_once('.').is_some_and(|(_, top)| is_name(top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_compared_in_lower_case() {
        let email = Email::parse(" Ann.Lee+shop@Example.COM\n").unwrap();

        assert_eq!(email.original(), "Ann.Lee+shop@Example.COM");
        assert_eq!(email.normalized(), "ann.lee+shop@example.com");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let bad = [
            "ann",
            "ann@",
            "@example.com",
            "ann@localhost",
            "a@b@example.com",
            "ann@example..com",
            ".ann@example.com",
            "ann.@example.com",
            "a..n@example.com",
            "an n@example.com",
            "ann@-example.com",
            "ann@example-.com",
            "ann@127.0.0.1",
            "ann@example.com.",
            "\"a\"@b.co",
            "ann@exa_mple.com",
            "ann\0@example.com",
            "ann@example.com\r\nBcc: x@y.z",
            &long,
        ];
        for bad in bad {
            assert_eq!(Email::parse(bad).unwrap_err().code, "bad_email", "{bad:?}");
        }
    }

    #[test]
    fn an_address_is_ascii_and_has_its_bounds() {
        for turkish in
            ["İ@example.com", "ı@example.com", "ann@exämple.com", "a\u{200b}@example.com"]
        {
            assert_eq!(Email::parse(turkish).unwrap_err().code, "not_ascii");
        }
        let of = |length: usize| {
            let labels = format!("{}.", "d".repeat(60)).repeat(4);
            format!("{}@{}", "a".repeat(length - labels.len() - 3), labels) + "eu"
        };
        assert!(Email::parse(&of(254)).is_ok());
        assert_eq!(Email::parse(&of(255)).unwrap_err().code, "bad_length");
        assert_eq!(Email::parse("@").unwrap_err().code, "bad_length");
    }
}
