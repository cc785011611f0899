use super::{Fixture, function};
use accounts::Accounts;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::accounts::{Hasher, LinkKey, RefreshKey};
use lambda::http::token::{Signer, Verifier};
use serde_json::{Value, json};

/// A signer with a new Ed25519 key that no key set contains.
pub(super) fn another_signer() -> Signer {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::Ed25519KeyPair;
    let key = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    Signer::from_pem(&BASE64_STANDARD.encode(key.as_ref())).unwrap()
}

#[tokio::test]
async fn the_public_keys_are_there_for_everybody_and_for_five_minutes() {
    let fixture = Fixture::new().await;

    let keys = fixture.api.get("/.well-known/jwks.json").await;

    assert_eq!((keys.status, &keys.body["keys"][0]), (200, testkit::signer().jwk()));
    assert_eq!(keys.header("content-type"), Some("application/json"));
    assert_eq!(keys.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(keys.body["keys"][0]["d"], Value::Null);
}

#[tokio::test]
async fn the_function_does_not_start_with_a_signing_key_that_is_not_published() {
    let fixture = Fixture::new().await;
    let Accounts { app, dispatcher, keys, refresh_key, link_key, .. } =
        function(&fixture.shop, &Hasher::with_cost(8, 1));
    let mut other = testkit::signer().jwk().clone();
    other["x"] = another_signer().jwk()["x"].clone();
    let same_kid = json!({"keys": [other]}).to_string();

    let start = |signer, keys| {
        let (app, dispatcher) = (app.clone(), dispatcher.clone());
        Accounts::new(app, dispatcher, signer, keys, refresh_key.clone(), link_key.clone())
    };
    let unpublished = start(another_signer(), keys);
    let mismatched = start(testkit::signer(), same_kid);

    for refused in [unpublished, mismatched] {
        let why = refused.err().unwrap().to_string();
        assert!(why.contains("lacks the public key of the signing key"), "{why}");
    }
}

#[test]
fn a_key_set_with_a_secret_or_a_foreign_kind_of_key_is_refused() {
    let with = |field: &str, value: Value| {
        let mut key = testkit::signer().jwk().clone();
        key[field] = value;
        key
    };
    let sets = [
        (json!({"keys": []}), "has no key"),
        (json!({"keys": [with("d", json!("c2VjcmV0"))]}), "private"),
        (json!({"keys": [{"kty": "oct", "kid": "a", "k": "c2VjcmV0"}]}), "private"),
        (json!({"keys": [with("kid", Value::Null)]}), "no kid"),
        (
            json!({"keys": [{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}]}),
            "not an Ed25519 key",
        ),
        (json!([]), "not a JSON Web Key Set"),
    ];
    for (set, why) in sets {
        let refused = Verifier::from_jwks(&set.to_string()).err().unwrap().to_string();
        assert!(refused.contains(why), "{set}: {refused}");
    }
}

#[test]
fn a_weak_secret_key_is_refused_with_a_line_that_helps() {
    let weak = BASE64_STANDARD.encode([7; 31]);
    let refused = [RefreshKey::from_base64(&weak).err(), LinkKey::from_base64(&weak).err()];
    for why in refused {
        let why = why.unwrap().to_string();
        assert!(why.contains("at least 32 bytes") && why.contains("openssl rand"), "{why}");
    }
}
