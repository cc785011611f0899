//! Which passwords are good enough, and which need not even be tried.

use super::email::Email;
use crate::failure::Invalid;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// In bytes. Longer ones only keep us busy.
const MOST_BYTES: usize = 512;

/// Those of twelve characters and more that people take most often, in lower case, one a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that somebody chose. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// What somebody typed in order to sign in: maybe their password.
#[derive(Clone, PartialEq, Eq)]
pub struct Guess(String);

impl Password {
    /// Length is what counts; there is no rule about digits or signs (OWASP ASVS 5, 6.2).
    pub fn parse(raw: &str, email: &Email) -> Result<Self, Invalid> {
        let wrong = |code, detail: &str| Err(Invalid::new("/password", code, detail));
        let length = raw.chars().count();
        if length < 12 {
            return wrong("too_short", "must have at least 12 characters");
        }
        if length > 128 || raw.len() > MOST_BYTES {
            return wrong("too_long", "must have at most 128 characters, and 512 bytes");
        }
        let plain = raw.trim().to_lowercase();
        if COMMON.lines().any(|common| common == plain) {
            return wrong("too_common", "is among the first that anybody would try");
        }
        if plain == email.norm() || email.norm().split('@').any(|part| part == plain) {
            return wrong("is_email", "must not be the e-mail address");
        }
        Ok(Self(raw.to_owned()))
    }

    /// One that nobody chose, and nobody guesses.
    pub(super) fn generate() -> Self {
        let mut bytes = [0; 18];
        rand::fill(&mut bytes).expect("the kernel has randomness");
        Self(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl Guess {
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        if raw.len() > MOST_BYTES {
            return Err(Invalid::new("/password", "too_long", "must have at most 512 bytes"));
        }
        Ok(Self(raw.to_owned()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

impl std::fmt::Debug for Guess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guess(…)")
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
        assert_eq!(Guess::parse(&"x".repeat(513)).unwrap_err().code, "too_long");
        assert!(Guess::parse("short").is_ok(), "rules may have been others when it was chosen");
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
        let printed = format!("{:?} {:?}", of_ann(secret).unwrap(), Guess::parse(secret).unwrap());
        assert!(!printed.contains("horse"), "{printed}");
    }
}
