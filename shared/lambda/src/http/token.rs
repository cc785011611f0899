//! Access tokens: JWTs of the profile of RFC 9068, signed with Ed25519.

use super::problem::Problem;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use domain::failure::chain;
use domain::id::{FamilyId, OrderId, UserId};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

const ISSUER: &str = "tradepost";
/// The `typ` header. Tells access tokens from other tokens that the same key might sign.
const TYPE: &str = "at+jwt";
/// The same of tokens that show an order to its guest.
const LINK_TYPE: &str = "link+jwt";
/// By how much `nbf` and `exp` may be off, for clocks that differ.
const LEEWAY: Duration = Duration::seconds(5);

/// How long an access token is valid.
pub const LIFETIME: Duration = Duration::minutes(15);
/// How long the token is valid that the link of an order is exchanged for.
pub const LINK_LIFETIME: Duration = Duration::hours(1);

/// Claims about a time, whatever else they say.
trait Timed: DeserializeOwned {
    const TYPE: &'static str;
    const LIFETIME: Duration;

    /// From and until when.
    fn times(&self) -> (i64, i64);

    /// Also checks that the lifetime is at most [`Self::LIFETIME`], whatever the token says.
    fn are_valid_at(&self, now: OffsetDateTime) -> bool {
        let (now, leeway) = (now.unix_timestamp(), LEEWAY.whole_seconds());
        let (from, until) = self.times();
        until.saturating_sub(from) <= Self::LIFETIME.whole_seconds()
            && from <= now.saturating_add(leeway)
            && now < until.saturating_add(leeway)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    pub(super) sub: UserId,
    /// The session that the token belongs to.
    pub(super) sid: FamilyId,
    /// The token is valid only while this is the account's current epoch.
    pub(super) epoch: i32,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Timed for Claims {
    const TYPE: &'static str = TYPE;
    const LIFETIME: Duration = LIFETIME;

    fn times(&self) -> (i64, i64) {
        (self.nbf, self.exp)
    }
}

/// Of the token that shows an order to its guest, and of no other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LinkClaims {
    iss: String,
    aud: String,
    pub(super) sub: OrderId,
    /// The token is valid only while the links of this epoch are.
    pub(super) epoch: i32,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Timed for LinkClaims {
    const TYPE: &'static str = LINK_TYPE;
    const LIFETIME: Duration = LINK_LIFETIME;

    fn times(&self) -> (i64, i64) {
        (self.nbf, self.exp)
    }
}

/// Verifies tokens. Holds public keys only.
#[derive(Clone)]
pub struct Verifier(Arc<HashMap<String, DecodingKey>>);

/// Why a key or a key set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("not a JSON Web Key Set: {0}")]
    NotJwks(#[from] serde_json::Error),
    #[error("key {0} has no kid")]
    NoKid(usize),
    #[error("key {0} is not an Ed25519 key")]
    UnsupportedKey(String),
    #[error("the set holds a private key; every function gets this set, and one publishes it")]
    PrivateKey,
    #[error(
        "the set lacks the public key of the signing key, {0}; no function would accept a token"
    )]
    Unpublished(String),
    #[error("the set has no key")]
    Empty,
    #[error("not an Ed25519 key in PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes it")]
    NotEd25519,
    #[error(transparent)]
    Jwt(#[from] jsonwebtoken::errors::Error),
}

impl Verifier {
    /// From a JSON Web Key Set of Ed25519 public keys. More than one during a rotation, until tokens of the old one
    /// expire.
    pub fn from_jwks(json: &str) -> Result<Self, KeyError> {
        let json: Value = serde_json::from_str(json)?;
        let is_private = |key: &Value| key.get("d").is_some() || key.get("k").is_some();
        if json["keys"].as_array().is_some_and(|keys| keys.iter().any(is_private)) {
            return Err(KeyError::PrivateKey);
        }
        let set: JwkSet = serde_json::from_value(json)?;
        let mut keys = HashMap::new();
        for (place, key) in set.keys.iter().enumerate() {
            let kid = key.common.key_id.clone().ok_or(KeyError::NoKid(place))?;
            match &key.algorithm {
                AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                }
                _ => return Err(KeyError::UnsupportedKey(kid)),
            }
            keys.insert(kid, DecodingKey::from_jwk(key)?);
        }
        if keys.is_empty() { Err(KeyError::Empty) } else { Ok(Self(Arc::new(keys))) }
    }

    /// The claims of a token that one of our keys signed, that is for us, and that is valid at `now`.
    pub(super) fn verify(&self, token: &str, now: OffsetDateTime) -> Option<Claims> {
        self.verify_typed(token, now)
    }

    /// The same of the token of a link.
    pub(super) fn verify_link(&self, token: &str, now: OffsetDateTime) -> Option<LinkClaims> {
        self.verify_typed(token, now)
    }

    fn verify_typed<C: Timed>(&self, token: &str, now: OffsetDateTime) -> Option<C> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let kid = header.kid.clone()?;
        let key = self.0.get(&kid)?;
        // Anything that `issue` would not write, such as `crit` or `jwk`, is refused.
        if header != header_of(C::TYPE, kid) {
            return None;
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        // The library compares with the system clock; `are_valid_at` compares with `now`.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<C>(token, key, &validation).ok()?.claims;
        claims.are_valid_at(now).then_some(claims)
    }
}

fn header_of(typ: &str, kid: String) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(typ.to_owned());
    header.kid = Some(kid);
    header
}

/// Signs tokens. Only the function `accounts` has the private key.
#[derive(Clone)]
pub struct Signer {
    key: EncodingKey,
    kid: String,
    jwk: Value,
}

impl Signer {
    /// From a private Ed25519 key in PKCS#8 PEM.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let lines = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
        let der =
            BASE64_STANDARD.decode(lines.collect::<String>()).map_err(|_| KeyError::NotEd25519)?;
        let pair =
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| KeyError::NotEd25519)?;
        let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key());
        // The `kid` is the key's thumbprint (RFC 7638), so that it never has to be configured.
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let kid = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        let jwk = json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x,
        });
        Ok(Self { key: EncodingKey::from_ed_der(&der), kid, jwk })
    }

    /// The public key as a JSON Web Key.
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// Errs if the key set `jwks` lacks the public key, because no [`Verifier`] would accept the tokens.
    pub fn must_be_in(&self, jwks: &str) -> Result<(), KeyError> {
        let set: Value = serde_json::from_str(jwks)?;
        let is_ours = |key: &Value| key["kid"] == self.jwk["kid"] && key["x"] == self.jwk["x"];
        if set["keys"].as_array().is_some_and(|keys| keys.iter().any(is_ours)) {
            return Ok(());
        }
        Err(KeyError::Unpublished(self.kid.clone()))
    }

    /// A token for `user`, valid from `now` on for [`LIFETIME`].
    pub fn issue(
        &self,
        user: UserId,
        session: FamilyId,
        epoch: i32,
        now: OffsetDateTime,
    ) -> Result<String, KeyError> {
        let issued = now.unix_timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: user,
            sid: session,
            epoch,
            iat: issued,
            nbf: issued,
            exp: (now + LIFETIME).unix_timestamp(),
        };
        Ok(jsonwebtoken::encode(&header_of(TYPE, self.kid.clone()), &claims, &self.key)?)
    }

    /// A token that shows `order` to its guest, valid from `now` on for [`LINK_LIFETIME`].
    pub fn issue_for_link(
        &self,
        order: OrderId,
        epoch: i32,
        now: OffsetDateTime,
    ) -> Result<String, KeyError> {
        let issued = now.unix_timestamp();
        let claims = LinkClaims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: order,
            epoch,
            iat: issued,
            nbf: issued,
            exp: (now + LINK_LIFETIME).unix_timestamp(),
        };
        Ok(jsonwebtoken::encode(&header_of(LINK_TYPE, self.kid.clone()), &claims, &self.key)?)
    }
}

/// A token that cannot be signed is a 500.
impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        tracing::error!(error = chain(&error), "could not sign an access token");
        Self::our_fault()
    }
}
