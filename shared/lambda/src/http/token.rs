//! Who is calling: access tokens (RFC 9068), and the extractors that turn them into people.

use super::{App, Problem};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use domain::accounts::{self, Role};
use domain::id::{FamilyId, UserId};
use domain::ordering::{Actor, Viewer};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

const ISSUER: &str = "tradepost";
/// What tells an access token from any other token that the same key signs.
const TYPE: &str = "at+jwt";
const LEEWAY: Duration = Duration::seconds(5);

/// How long an access token is good for.
pub const LIFETIME: Duration = Duration::minutes(15);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    /// The session that the token belongs to.
    sid: FamilyId,
    /// Must still be the account's, or the token is void.
    epoch: i32,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Claims {
    /// Never longer than we ever promise, whatever the token says.
    fn are_good_at(&self, now: OffsetDateTime) -> bool {
        let now = now.unix_timestamp();
        let leeway = LEEWAY.whole_seconds();
        self.exp.saturating_sub(self.nbf) <= LIFETIME.whole_seconds()
            && self.nbf <= now.saturating_add(leeway)
            && now < self.exp.saturating_add(leeway)
    }
}

/// Checks tokens. Holds public keys only.
#[derive(Clone)]
pub struct Verifier(Arc<HashMap<String, DecodingKey>>);

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("this is not a JSON Web Key Set: {0}")]
    NotJwks(#[from] serde_json::Error),
    #[error("key {0} has no kid")]
    NoKid(usize),
    #[error("key {0} is not an Ed25519 key")]
    OtherKind(String),
    #[error("the set holds a private key; every function gets this set, and one publishes it")]
    Private,
    #[error("the set lacks the public half of the signing key, {0}; tokens would be good nowhere")]
    Unpublished(String),
    #[error("the set has no key")]
    Empty,
    #[error(
        "this is not an Ed25519 key in PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes it"
    )]
    NotEd25519,
    #[error(transparent)]
    Jwt(#[from] jsonwebtoken::errors::Error),
}

impl Verifier {
    /// Several keys, so that one can be replaced while tokens of the other are still good.
    pub fn from_jwks(json: &str) -> Result<Self, KeyError> {
        let bare: Value = serde_json::from_str(json)?;
        let has_secret = |key: &Value| key.get("d").is_some() || key.get("k").is_some();
        if bare["keys"].as_array().is_some_and(|keys| keys.iter().any(has_secret)) {
            return Err(KeyError::Private);
        }
        let set: JwkSet = serde_json::from_value(bare)?;
        let mut keys = HashMap::new();
        for (place, key) in set.keys.iter().enumerate() {
            let kid = key.common.key_id.clone().ok_or(KeyError::NoKid(place))?;
            match &key.algorithm {
                AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                }
                _ => return Err(KeyError::OtherKind(kid)),
            }
            keys.insert(kid, DecodingKey::from_jwk(key)?);
        }
        if keys.is_empty() { Err(KeyError::Empty) } else { Ok(Self(Arc::new(keys))) }
    }

    /// The claims of a token that we signed, for us, and that is good now.
    fn verify(&self, token: &str, now: OffsetDateTime) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let kid = header.kid.clone()?;
        let key = self.0.get(&kid)?;
        // A header that says anything else than ours would, `crit` or a key of its own, is none of ours.
        if header != our_header(kid) {
            return None;
        }
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[ISSUER]);
        // Times are compared below, with the clock that everything else has.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &rules).ok()?.claims;
        claims.are_good_at(now).then_some(claims)
    }
}

fn our_header(kid: String) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(kid);
    header
}

/// Makes tokens. Only `accounts` and the tests have one.
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
        // The key's thumbprint (RFC 7638): two parties that know the key agree on its name.
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let kid = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        let jwk = json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x,
        });
        Ok(Self { key: EncodingKey::from_ed_der(&der), kid, jwk })
    }

    /// The public half, as it stands in a JSON Web Key Set.
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// Whether others can check what this one signs: its public half must be in the set.
    pub fn must_be_in(&self, jwks: &str) -> Result<(), KeyError> {
        let set: Value = serde_json::from_str(jwks)?;
        let is_ours = |key: &Value| key["kid"] == self.jwk["kid"] && key["x"] == self.jwk["x"];
        if set["keys"].as_array().is_some_and(|keys| keys.iter().any(is_ours)) {
            return Ok(());
        }
        Err(KeyError::Unpublished(self.kid.clone()))
    }

    /// A token for `user`, good from `now` on for [`LIFETIME`].
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
        Ok(jsonwebtoken::encode(&our_header(self.kid.clone()), &claims, &self.key)?)
    }
}

/// A token that we cannot make is our own fault.
impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        tracing::error!(error = domain::failure::chain(&error), "signing failed");
        Self::our_fault()
    }
}

/// Somebody who is signed in. Asking for one in a handler closes the route to strangers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub id: UserId,
    pub role: Role,
    pub session: FamilyId,
}

/// A caller who works for the shop: staff or admin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staff(pub Caller);

/// A caller who runs the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admin(pub Caller);

impl Caller {
    async fn from(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let token = parts.headers.get(header::AUTHORIZATION);
        let token = token.and_then(|value| value.to_str().ok()?.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (_, token) = token.ok_or(Problem::sign_in("this needs a bearer token"))?;
        let void = || Problem::sign_in("the token is not valid, or no longer");
        let claims = app.verifier.verify(token, app.clock.now()).ok_or_else(void)?;
        // The role is the account's, not the token's: a change of it counts from the next request on.
        let role = accounts::standing(&app.db, claims.sub, claims.epoch, claims.sid).await?;
        let role = role.ok_or_else(void)?;
        Ok(Self { id: claims.sub, role, session: claims.sid })
    }

    /// Customers see their own orders, staff see all.
    pub fn views_orders(self) -> Viewer {
        if self.role >= Role::Staff { Viewer::Staff } else { Viewer::Buyer(self.id) }
    }

    /// Staff do to every order what customers do to their own, and more.
    pub fn acts_on_orders(self) -> Actor {
        Actor { id: self.id, viewer: self.views_orders() }
    }

    fn at_least(self, role: Role) -> Result<Self, Problem> {
        if self.role >= role {
            return Ok(self);
        }
        let detail = format!("this needs the role {}", role.name());
        Err(Problem::new(StatusCode::FORBIDDEN, "wrong_role", detail))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Self::from(parts, &App::from_ref(state)).await
    }
}

/// Nobody, or a caller: who shows no token is welcome, who shows a bad one is told.
impl<S: Send + Sync> axum::extract::OptionalFromRequestParts<S> for Caller
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        Self::from(parts, &App::from_ref(state)).await.map(Some)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Staff
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Caller::from(parts, &App::from_ref(state)).await?.at_least(Role::Staff).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admin
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Caller::from(parts, &App::from_ref(state)).await?.at_least(Role::Admin).map(Self)
    }
}
