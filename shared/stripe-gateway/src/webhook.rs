//! Whether it is Stripe who calls: the signature of a webhook (<https://docs.stripe.com/webhooks#verify-manually>).
//!
//! Our own, not the library's: that one takes a single secret, and verifies and parses in one step, so that an
//! authentic event in a form it does not know looks like a forgery.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, verify};
use time::{Duration, OffsetDateTime};

/// How far the signature's time and ours may lie apart, in both directions.
pub const TOLERANCE: Duration = Duration::seconds(300);

/// The secrets that are good now: two of them while one replaces the other.
#[derive(Clone)]
pub struct Secrets(Vec<Key>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecrets {
    #[error("there is no secret")]
    None,
    #[error("a secret starts with whsec_")]
    NotASecret,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    #[error("the Stripe-Signature header is missing or has no time and v1 signature")]
    Unsigned,
    #[error("the signature is too old, or from the future")]
    OutOfTime,
    #[error("no signature fits any of our secrets")]
    Misfit,
}

impl Secrets {
    /// From secrets as Stripe shows them, separated by commas.
    pub fn parse(text: &str) -> Result<Self, BadSecrets> {
        let secrets = text.split(',').map(str::trim).filter(|secret| !secret.is_empty());
        let keys = secrets.map(|secret| {
            let fits = secret.strip_prefix("whsec_").is_some_and(|rest| !rest.is_empty());
            let key = Key::new(HMAC_SHA256, secret.as_bytes());
            fits.then_some(key).ok_or(BadSecrets::NotASecret)
        });
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(BadSecrets::None) } else { Ok(Self(keys)) }
    }

    /// Whether one of the header's signatures is that of these very bytes, by one of our secrets, and fresh.
    pub fn verify(&self, header: &str, body: &[u8], now: OffsetDateTime) -> Result<(), Forged> {
        let (time, signatures) = read(header).ok_or(Forged::Unsigned)?;
        let payload = [time.to_string().as_bytes(), b".", body].concat();
        let fits = |key: &Key| {
            // Compares in constant time.
            signatures.iter().any(|signature| verify(key, &payload, signature).is_ok())
        };
        if !self.0.iter().any(fits) {
            return Err(Forged::Misfit);
        }
        let age = now.unix_timestamp().abs_diff(time);
        if age > TOLERANCE.whole_seconds().unsigned_abs() {
            return Err(Forged::OutOfTime);
        }
        Ok(())
    }
}

/// The time and every `v1` signature of a header such as `t=1,v1=ab,v1=cd,v0=ef`.
fn read(header: &str) -> Option<(i64, Vec<[u8; 32]>)> {
    let mut time = None;
    let mut signatures = Vec::new();
    for item in header.split(',') {
        match item.trim().split_once('=')? {
            // Two times would leave open which one was signed.
            ("t", value) if time.is_none() => time = Some(value.parse().ok()?),
            ("t", _) => return None,
            ("v1", value) => signatures.extend(bytes(value)),
            _ => {}
        }
    }
    (!signatures.is_empty()).then_some((time?, signatures))
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::hmac::sign;
    use std::fmt::Write as _;

    const BODY: &[u8] = b"{\"id\": \"evt_1\"}";

    fn at(second: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000 + second).unwrap()
    }

    fn v1(secret: &str, time: OffsetDateTime, body: &[u8]) -> String {
        let payload = [time.unix_timestamp().to_string().as_bytes(), b".", body].concat();
        let mut hex = String::new();
        for byte in sign(&Key::new(HMAC_SHA256, secret.as_bytes()), &payload).as_ref() {
            write!(hex, "{byte:02x}").unwrap();
        }
        hex
    }

    fn header(secret: &str, time: OffsetDateTime) -> String {
        format!("t={},v1={}", time.unix_timestamp(), v1(secret, time, BODY))
    }

    fn check(secrets: &str, header: &str, now: OffsetDateTime) -> Result<(), Forged> {
        Secrets::parse(secrets).unwrap().verify(header, BODY, now)
    }

    #[test]
    fn what_stripe_signed_is_believed() {
        assert_eq!(check("whsec_a", &header("whsec_a", at(0)), at(3)), Ok(()));
    }

    #[test]
    fn while_secrets_change_either_one_will_do() {
        let (old, new) = (v1("whsec_old", at(0), BODY), v1("whsec_new", at(0), BODY));
        let t = at(0).unix_timestamp();
        for header in [format!("t={t},v1={old},v1={new}"), format!("t={t},v1={new},v1={old}")] {
            for ours in ["whsec_old", "whsec_new", "whsec_old, whsec_new"] {
                assert_eq!(check(ours, &header, at(0)), Ok(()));
            }
            assert_eq!(check("whsec_gone", &header, at(0)), Err(Forged::Misfit));
        }
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        let signed = header("whsec_a", at(0));
        for (now, expected) in [
            (at(300), Ok(())),
            (at(-300), Ok(())),
            (at(301), Err(Forged::OutOfTime)),
            (at(-301), Err(Forged::OutOfTime)),
        ] {
            assert_eq!(check("whsec_a", &signed, now), expected);
        }
    }

    #[test]
    fn what_stripe_did_not_sign_is_refused() {
        let t = at(0).unix_timestamp();
        let good = v1("whsec_a", at(0), BODY);
        let other_body = v1("whsec_a", at(0), b"{}");
        for (header, expected) in [
            (String::new(), Forged::Unsigned),
            ("t=1".to_owned(), Forged::Unsigned),
            (format!("v1={good}"), Forged::Unsigned),
            (format!("t={t},v0={good}"), Forged::Unsigned),
            (format!("t={t},v1={}", &good[..62]), Forged::Unsigned),
            (
                format!("t={t},v1={}", good.replace(|c: char| c.is_ascii_digit(), "z")),
                Forged::Unsigned,
            ),
            (format!("t={t},t={t},v1={good}"), Forged::Unsigned),
            (format!("t={t}x,v1={good}"), Forged::Unsigned),
            (format!("t={},v1={good}", t + 1), Forged::Misfit),
            (format!("t={t},v1={other_body}"), Forged::Misfit),
        ] {
            assert_eq!(check("whsec_a", &header, at(0)), Err(expected), "{header}");
        }
    }

    #[test]
    fn a_secret_that_is_none_stops_the_start() {
        assert_eq!(Secrets::parse("").err(), Some(BadSecrets::None));
        assert_eq!(Secrets::parse(" , ").err(), Some(BadSecrets::None));
        assert_eq!(Secrets::parse("sk_test_a").err(), Some(BadSecrets::NotASecret));
        assert_eq!(Secrets::parse("whsec_").err(), Some(BadSecrets::NotASecret));
    }
}
