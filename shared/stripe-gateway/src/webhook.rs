//! Verifies the signature of a webhook request (<https://docs.stripe.com/webhooks#verify-manually>).
//!
//! Not with the library: it takes a single secret, and it verifies and parses in one step, so that an authentic event
//! in a form that it does not know would count as forged.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, verify};
use time::{Duration, OffsetDateTime};

/// By how much the signature's time may differ from ours, in both directions.
pub const TOLERANCE: Duration = Duration::seconds(300);

/// The signing secrets of the webhook endpoint: two during a rotation, else one.
#[derive(Clone)]
pub struct SigningSecrets(Vec<Key>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningSecretsError {
    #[error("there is no secret")]
    None,
    #[error("a secret starts with whsec_")]
    WrongPrefix,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the Stripe-Signature header is missing or has no time and v1 signature")]
    Malformed,
    #[error("the signature is too old, or from the future")]
    OutsideTolerance,
    #[error("no signature fits any of our secrets")]
    Mismatch,
}

impl SigningSecrets {
    /// From secrets as Stripe shows them, separated by commas. Errs if there is none.
    pub fn parse(text: &str) -> Result<Self, SigningSecretsError> {
        let secrets = text.split(',').map(str::trim).filter(|secret| !secret.is_empty());
        let keys = secrets.map(|secret| {
            let is_valid = secret.strip_prefix("whsec_").is_some_and(|rest| !rest.is_empty());
            let key = Key::new(HMAC_SHA256, secret.as_bytes());
            is_valid.then_some(key).ok_or(SigningSecretsError::WrongPrefix)
        });
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(SigningSecretsError::None) } else { Ok(Self(keys)) }
    }

    /// Succeeds if one of the signatures in the `Stripe-Signature` header was made over exactly these bytes with one of
    /// the secrets, at most [`TOLERANCE`] from `now`.
    pub fn verify(
        &self,
        header: &str,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<(), SignatureError> {
        let (time, signatures) = parse_header(header).ok_or(SignatureError::Malformed)?;
        let payload = [time.to_string().as_bytes(), b".", body].concat();
        let is_signed_with = |key: &Key| {
            // In constant time.
            signatures.iter().any(|signature| verify(key, &payload, signature).is_ok())
        };
        if !self.0.iter().any(is_signed_with) {
            return Err(SignatureError::Mismatch);
        }
        let age = now.unix_timestamp().abs_diff(time);
        if age > TOLERANCE.whole_seconds().unsigned_abs() {
            return Err(SignatureError::OutsideTolerance);
        }
        Ok(())
    }
}

/// The time and every `v1` signature of a header such as `t=1,v1=ab,v1=cd,v0=ef`.
fn parse_header(header: &str) -> Option<(i64, Vec<[u8; 32]>)> {
    let mut time = None;
    let mut signatures = Vec::new();
    for item in header.split(',') {
        match item.trim().split_once('=')? {
            // With two timestamps it would be open which one was signed.
            ("t", value) if time.is_none() => time = Some(value.parse().ok()?),
            ("t", _) => return None,
            ("v1", value) => signatures.extend(decode_hex(value)),
            _ => {}
        }
    }
    (!signatures.is_empty()).then_some((time?, signatures))
}

fn decode_hex(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
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

    fn check(secrets: &str, header: &str, now: OffsetDateTime) -> Result<(), SignatureError> {
        SigningSecrets::parse(secrets).unwrap().verify(header, BODY, now)
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
            assert_eq!(check("whsec_gone", &header, at(0)), Err(SignatureError::Mismatch));
        }
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        let signed = header("whsec_a", at(0));
        for (now, expected) in [
            (at(300), Ok(())),
            (at(-300), Ok(())),
            (at(301), Err(SignatureError::OutsideTolerance)),
            (at(-301), Err(SignatureError::OutsideTolerance)),
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
            (String::new(), SignatureError::Malformed),
            ("t=1".to_owned(), SignatureError::Malformed),
            (format!("v1={good}"), SignatureError::Malformed),
            (format!("t={t},v0={good}"), SignatureError::Malformed),
            (format!("t={t},v1={}", &good[..62]), SignatureError::Malformed),
            (
                format!("t={t},v1={}", good.replace(|c: char| c.is_ascii_digit(), "z")),
                SignatureError::Malformed,
            ),
            (format!("t={t},t={t},v1={good}"), SignatureError::Malformed),
            (format!("t={t}x,v1={good}"), SignatureError::Malformed),
            (format!("t={},v1={good}", t + 1), SignatureError::Mismatch),
            (format!("t={t},v1={other_body}"), SignatureError::Mismatch),
        ] {
            assert_eq!(check("whsec_a", &header, at(0)), Err(expected), "{header}");
        }
    }

    #[test]
    fn a_secret_that_is_none_stops_the_start() {
        assert_eq!(SigningSecrets::parse("").err(), Some(SigningSecretsError::None));
        assert_eq!(SigningSecrets::parse(" , ").err(), Some(SigningSecretsError::None));
        assert_eq!(
            SigningSecrets::parse("sk_test_a").err(),
            Some(SigningSecretsError::WrongPrefix)
        );
        assert_eq!(SigningSecrets::parse("whsec_").err(), Some(SigningSecretsError::WrongPrefix));
    }
}
