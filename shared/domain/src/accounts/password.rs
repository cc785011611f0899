//! Rules for new passwords, and passwords that are presented at login.

use crate::email::Email;
use crate::failure::Invalid;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use unicode_normalization::UnicodeNormalization;

/// Limits the work that a request can cause.
const MAX_BYTES: usize = 512;

/// The most common passwords of at least twelve characters, in lower case, one per line.
const COMMON: &str = include_str!("common_passwords.txt");

/// A new password that meets the rules, prepared for hashing. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// A password presented to be checked; it may be wrong. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordAttempt {
    prepared: String,
    /// As it was typed, if that differs: so were passwords hashed before they were prepared.
    as_typed: Option<String>,
}

impl Password {
    /// Checks the length, the list of common passwords and the email address. There are no rules about character
    /// classes (OWASP ASVS 5, 6.2).
    pub fn parse(raw: &str, email: &Email) -> Result<Self, Invalid> {
        let wrong = |code, detail: &str| Err(Invalid::new("/password", code, detail));
        let prepared = prepare(raw);
        let length = prepared.chars().count();
        if length < 12 {
            return wrong("too_short", "must have at least 12 characters");
        }
        if length > 128 || prepared.len() > MAX_BYTES {
            return wrong("too_long", "must have at most 128 characters, and 512 bytes");
        }
        let plain = prepared.trim().to_lowercase();
        if COMMON.lines().any(|common| common == plain) {
            return wrong("too_common", "must not be one of the most common passwords");
        }
        if plain == email.normalized() || email.normalized().split('@').any(|part| part == plain) {
            return wrong("is_email", "must not be the email address");
        }
        Ok(Self(prepared))
    }

    /// A random password of 144 bits.
    pub(super) fn generate() -> Self {
        let mut bytes = [0; 18];
        rand::fill(&mut bytes).expect("the kernel provides random bytes");
        Self(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl PasswordAttempt {
    /// Limits the length only: an older password may not meet the current rules.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let prepared = prepare(raw);
        if prepared.len() > MAX_BYTES {
            return Err(Invalid::new("/password", "too_long", "must have at most 512 bytes"));
        }
        let as_typed = (raw != prepared && raw.len() <= MAX_BYTES).then(|| raw.to_owned());
        Ok(Self { prepared, as_typed })
    }

    /// As new passwords are hashed.
    pub(super) fn reveal(&self) -> &str {
        &self.prepared
    }

    /// The forms in which the password may have been hashed: one, if it is typed as it is prepared.
    pub(super) fn reveal_forms(&self) -> impl Iterator<Item = &str> {
        [&self.prepared].into_iter().chain(&self.as_typed).map(String::as_str)
    }
}

/// The same password has the same bytes, whatever keyboard it is typed on: composed characters and ASCII spaces, as
/// `OpaqueString` of RFC 8265, 4.2 prepares passwords. Nothing is refused here, and case and width count.
fn prepare(raw: &str) -> String {
    let is_space = |c| {
        matches!(
            c,
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        )
    };
    raw.chars().map(|c| if is_space(c) { ' ' } else { c }).nfc().collect()
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

impl std::fmt::Debug for PasswordAttempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordAttempt(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_ann(raw: &str) -> Result<Password, &'static str> {
        let ann = Email::parse("Ann.Of.The.Hill@example.com").unwrap();
        Password::parse(raw, &ann).map_err(|invalid| invalid.code)
    }

    #[test]
    fn any_twelve_characters_will_do() {
        for good in ["plain words here", "ééééééééééé!", " leading and trailing ", &"ü".repeat(128)]
        {
            assert!(of_ann(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn length_has_bounds_in_characters_and_in_bytes() {
        assert_eq!(of_ann("elevenchars"), Err("too_short"));
        assert_eq!(of_ann(&"x y".repeat(43)), Err("too_long"));
        assert!(of_ann(&"🦀".repeat(128)).is_ok(), "exactly 512 bytes");
        assert_eq!(PasswordAttempt::parse(&"x".repeat(513)).unwrap_err().code, "too_long");
        assert!(
            PasswordAttempt::parse("short").is_ok(),
            "older passwords may not meet the current rules"
        );
    }

    #[test]
    fn what_looks_the_same_is_the_same_password() {
        for (typed, same) in [
            ("cre\u{300}me bru\u{302}le\u{301}e", "crème brûlée"),
            ("\u{1112}\u{1161}\u{11ab} and eleven", "한 and eleven"),
            ("words\u{a0}and\u{3000}spaces", "words and spaces"),
        ] {
            assert!(of_ann(typed) == of_ann(same) && of_ann(typed).is_ok(), "{same}");
        }
        assert!(of_ann("ＣＡＰＩＴＡＬＳ ｗｉｄｅ") != of_ann("CAPITALS wide"));
        assert_eq!(of_ann(&"e\u{301}".repeat(11)), Err("too_short"));
        assert!(of_ann(&"e\u{301}".repeat(128)).is_ok());
        let forms = |raw| PasswordAttempt::parse(raw).unwrap().reveal_forms().count();
        assert_eq!([forms("plain"), forms("é"), forms("e\u{301}"), forms("é\u{a0}")], [1, 1, 2, 2]);
    }

    #[test]
    fn the_commonest_and_the_address_itself_are_refused() {
        for common in ["password1234", "Password1234", " 123456789012 ", "QWERTYUIOP[]"] {
            assert_eq!(of_ann(common), Err("too_common"), "{common}");
        }
        for address in ["ann.of.the.hill@example.com", "ANN.OF.THE.HILL"] {
            assert_eq!(of_ann(address), Err("is_email"), "{address}");
        }
    }

    #[test]
    fn the_list_of_common_ones_is_as_it_is_searched() {
        for common in COMMON.lines() {
            assert!(common.chars().count() >= 12 && common == common.to_lowercase(), "{common}");
        }
    }

    #[test]
    fn debug_prints_nothing_of_a_password() {
        let secret = "correct horse staple battery";
        let printed =
            format!("{:?} {:?}", of_ann(secret).unwrap(), PasswordAttempt::parse(secret).unwrap());
        assert!(!printed.contains("horse"), "{printed}");
    }
}
