//! Which access tokens are accepted (RFC 8725, RFC 9068).

use super::Fixture;
use super::keys::another_signer;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use domain::id::FamilyId;
use serde_json::{Value, json};
use testkit::User;

/// Header and claims of a valid token, to be tampered with.
struct Parts {
    header: Value,
    claims: Value,
}

impl Parts {
    fn of(person: &User) -> Self {
        let now = testkit::clock().now().unix_timestamp();
        let header =
            json!({"typ": "at+jwt", "alg": "EdDSA", "kid": testkit::signer().jwk()["kid"]});
        let claims = json!({
            "iss": "tradepost", "aud": "tradepost", "sub": person.id, "sid": FamilyId::generate(),
            "epoch": 0, "iat": now, "nbf": now, "exp": now + 900,
        });
        Self { header, claims }
    }

    fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    fn without(mut self, name: &str) -> Self {
        let gone = [&mut self.header, &mut self.claims]
            .map(|part| part.as_object_mut().unwrap().shift_remove(name));
        assert!(gone.iter().any(Option::is_some), "{name}");
        self
    }

    fn signed(&self) -> String {
        signed(&self.header.to_string(), &self.claims.to_string())
    }

    fn with_mac(&self, algorithm: hmac::Algorithm, key: &[u8]) -> String {
        let text = unsigned(&self.header.to_string(), &self.claims.to_string());
        let mac = hmac::sign(&hmac::Key::new(algorithm, key), text.as_bytes());
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac))
    }
}

fn unsigned(header: &str, claims: &str) -> String {
    let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    format!("{header}.{claims}")
}

/// A token with a valid signature, so that only the checks of header and claims can refuse it.
fn signed(header: &str, claims: &str) -> String {
    let pem = testkit::SIGNING_KEY.lines().filter(|line| !line.starts_with('-'));
    let der = BASE64_STANDARD.decode(pem.collect::<String>()).unwrap();
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).unwrap();
    let text = unsigned(header, claims);
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes())))
}

#[tokio::test]
async fn a_token_as_we_issue_it_is_accepted() {
    let fixture = Fixture::new().await;
    let ann = fixture.shop.customer().await;
    let now = testkit::clock().now().unix_timestamp();

    let good = [
        ann.token.clone(),
        Parts::of(&ann).signed(),
        Parts::of(&ann).claim("nbf", now + 3).claim("exp", now + 903).signed(),
        Parts::of(&ann).claim("nbf", now - 901).claim("exp", now - 1).signed(),
    ];

    for token in good {
        assert_eq!(fixture.me(&token).await.status, 200, "{token}");
    }
    let lower = fixture.api.get("/v1/me").header("authorization", &format!("bearer {}", ann.token));
    assert_eq!(lower.await.status, 200);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn a_token_that_differs_in_anything_is_refused() {
    let fixture = Fixture::new().await;
    let ann = fixture.shop.customer().await;
    let now = testkit::clock().now().unix_timestamp();
    let parts = || Parts::of(&ann);
    let public = testkit::signer().jwk()["x"].as_str().unwrap().to_owned();
    let public_bytes = BASE64_URL_SAFE_NO_PAD.decode(&public).unwrap();
    let jwks = testkit::token_keys();
    let header = parts().header.to_string();
    let claims = parts().claims.to_string();
    let twice = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    let good = parts().signed();
    let (body, signature) = good.rsplit_once('.').unwrap();
    let other_signer = another_signer();
    let issued = |signer: &lambda::http::token::Signer| {
        signer.issue(ann.id, FamilyId::generate(), 0, testkit::clock().now()).unwrap()
    };

    let bad = [
        (
            "alg none",
            format!("{}.", unsigned(&parts().header("alg", "none").header.to_string(), &claims)),
        ),
        (
            "alg None",
            format!("{}.", unsigned(&parts().header("alg", "None").header.to_string(), &claims)),
        ),
        ("alg none with a signature", parts().header("alg", "none").signed()),
        ("no alg", parts().without("alg").signed()),
        (
            "HS256 with the public key in bytes",
            parts().header("alg", "HS256").with_mac(hmac::HMAC_SHA256, &public_bytes),
        ),
        (
            "HS256 with the public key in base64",
            parts().header("alg", "HS256").with_mac(hmac::HMAC_SHA256, public.as_bytes()),
        ),
        (
            "HS256 with the key set",
            parts().header("alg", "HS256").with_mac(hmac::HMAC_SHA256, jwks.as_bytes()),
        ),
        (
            "HS256 with an empty key",
            parts().header("alg", "HS256").with_mac(hmac::HMAC_SHA256, b""),
        ),
        ("HS512", parts().header("alg", "HS512").with_mac(hmac::HMAC_SHA512, &public_bytes)),
        ("alg EdDSA with a MAC", parts().with_mac(hmac::HMAC_SHA256, &public_bytes)),
        ("RS256", parts().header("alg", "RS256").signed()),
        ("ES256", parts().header("alg", "ES256").signed()),
        ("unknown kid", parts().header("kid", "unknown").signed()),
        ("kid like a path", parts().header("kid", "../../dev/null").signed()),
        ("no kid", parts().without("kid").signed()),
        ("kid is a number", parts().header("kid", 1).signed()),
        ("signed with an unknown key", issued(&other_signer)),
        ("jku", parts().header("jku", "https://example.com/keys").signed()),
        ("x5u", parts().header("x5u", "https://example.com/cert").signed()),
        ("x5c", parts().header("x5c", json!(["AAAA"])).signed()),
        ("jwk", parts().header("jwk", other_signer.jwk().clone()).signed()),
        ("crit", parts().header("crit", json!(["exp"])).signed()),
        ("crit empty", parts().header("crit", json!([])).signed()),
        ("b64", parts().header("b64", false).signed()),
        ("cty", parts().header("cty", "JWT").signed()),
        ("zip", parts().header("zip", "DEF").signed()),
        ("typ refresh", parts().header("typ", "refresh+jwt").signed()),
        ("typ JWT", parts().header("typ", "JWT").signed()),
        ("no typ", parts().without("typ").signed()),
        ("alg twice", signed(&twice(&header, r#""alg":"none""#), &claims)),
        ("kid twice", signed(&twice(&header, r#""kid":"other""#), &claims)),
        ("other aud", parts().claim("aud", "elsewhere").signed()),
        ("many aud", parts().claim("aud", json!(["tradepost", "elsewhere"])).signed()),
        ("no aud", parts().without("aud").signed()),
        ("aud null", parts().claim("aud", Value::Null).signed()),
        ("other iss", parts().claim("iss", "elsewhere").signed()),
        ("no iss", parts().without("iss").signed()),
        ("no exp", parts().without("exp").signed()),
        ("exp null", parts().claim("exp", Value::Null).signed()),
        ("exp as text", parts().claim("exp", (now + 900).to_string()).signed()),
        (
            "exp 1e20",
            signed(&header, &claims.replace(&format!("\"exp\":{}", now + 900), "\"exp\":1e20")),
        ),
        ("exp i64::MAX", parts().claim("exp", i64::MAX).signed()),
        ("exp u64::MAX", parts().claim("exp", u64::MAX).signed()),
        ("exp i64::MIN", parts().claim("exp", i64::MIN).signed()),
        ("exp in a year", parts().claim("exp", now + 31_536_000).signed()),
        ("expired", parts().claim("nbf", now - 960).claim("exp", now - 60).signed()),
        ("not valid yet", parts().claim("nbf", now + 60).claim("exp", now + 960).signed()),
        ("no nbf", parts().without("nbf").signed()),
        ("nbf i64::MIN", parts().claim("nbf", i64::MIN).signed()),
        ("no iat", parts().without("iat").signed()),
        ("no sub", parts().without("sub").signed()),
        (
            "sub of another kind",
            parts().claim("sub", "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87").signed(),
        ),
        ("unknown sub", parts().claim("sub", "usr_0193f2a7c1d87b3e9a5f4c2d1e0b9a87").signed()),
        ("no session", parts().without("sid").signed()),
        ("no epoch", parts().without("epoch").signed()),
        ("other epoch", parts().claim("epoch", 1).signed()),
        ("epoch i64::MAX", parts().claim("epoch", i64::MAX).signed()),
        ("exp twice", signed(&header, &twice(&claims, &format!("\"exp\":{}", now + 800)))),
        (
            "sub twice",
            signed(&header, &twice(&claims, r#""sub":"usr_0193f2a7c1d87b3e9a5f4c2d1e0b9a87""#)),
        ),
        ("epoch twice", signed(&header, &twice(&claims, r#""epoch":0"#))),
        ("claims are a list", signed(&header, "[]")),
        ("claims empty", signed(&header, "")),
        ("header empty", signed("", &claims)),
        ("header is a number", signed("1", &claims)),
        ("no signature", format!("{body}.")),
        ("two parts", body.to_owned()),
        ("four parts", format!("{good}.{signature}")),
        ("signature cut", good[..good.len() - 2].to_owned()),
        (
            "other claims under the signature",
            format!(
                "{}.{signature}",
                unsigned(
                    &header,
                    &parts()
                        .claim("epoch", 0)
                        .claim("sub", "usr_0193f2a7c1d87b3e9a5f4c2d1e0b9a87")
                        .claims
                        .to_string()
                )
            ),
        ),
        ("two dots", "..".to_owned()),
        ("empty", String::new()),
        ("spaces before", format!(" {good}")),
        ("very long", "a".repeat(8000)),
    ];

    for (defect, token) in bad {
        let answer = fixture.me(&token).await;
        assert_eq!(answer.refusal(), (401, "sign_in"), "{defect}: {token}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{defect}");
    }
    for scheme in ["", "Basic ", "Bearer", "Token "] {
        let call = fixture.api.get("/v1/me").header("authorization", &format!("{scheme}{good}"));
        assert_eq!(call.await.refusal(), (401, "sign_in"), "{scheme}");
    }
    assert_eq!(fixture.api.get("/v1/me").await.refusal(), (401, "sign_in"));
}

#[tokio::test]
async fn a_token_is_void_when_the_account_no_longer_stands_behind_it() {
    let changes = ["token_epoch = token_epoch + 1", "disabled_at = now()", "erased_at = now()"];
    for change in changes {
        let fixture = Fixture::new().await;
        let (ann, bob) = (fixture.shop.customer().await, fixture.shop.customer().await);
        assert_eq!(fixture.me(&ann.token).await.status, 200);

        fixture.shop.run(&format!("update users set {change} where email = '{}'", ann.email)).await;

        assert_eq!(fixture.me(&ann.token).await.refusal(), (401, "sign_in"), "{change}");
        assert_eq!(fixture.me(&bob.token).await.status, 200, "{change}");
    }
}
