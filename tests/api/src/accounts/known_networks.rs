//! Who a client is to the rate limits: where it comes from, and whether it logged in from there before.

use super::{Fixture, PASSWORD, function};
use futures_util::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Instant;
use testkit::ApiClient;

/// As if many addresses tried passwords of every account, for an hour.
async fn empty_the_buckets_of_accounts(fixture: &Fixture) {
    let empty = "update rate_buckets set tokens = 0, at = now() + interval '1 hour'
                 where bucket like 'log_in_account:%'";
    assert!(fixture.shop.run(empty).await > 0);
}

#[tokio::test]
async fn whoever_logged_in_from_there_before_is_let_in_while_others_guess() {
    let fixture = Fixture::new().await;
    fixture.open_account("ann@example.com").await;
    fixture.open_account("bob@example.com").await;
    let log_in = async |email: &str, password: &str, source: &str| {
        let body = json!({"email": email, "password": password});
        fixture.api.post("/v1/auth/login", &body).sent_from(source).await.status
    };
    assert_eq!(log_in("ann@example.com", PASSWORD, "192.0.2.7").await, 200);
    assert_eq!(log_in("ann@example.com", PASSWORD, "2001:db8:1:200::7").await, 200);
    assert_eq!(log_in("bob@example.com", PASSWORD, "203.0.113.7").await, 200);
    empty_the_buckets_of_accounts(&fixture).await;

    assert_eq!(log_in("ann@example.com", PASSWORD, "192.0.2.7").await, 200);
    assert_eq!(log_in("ann@example.com", PASSWORD, "192.0.2.8").await, 200, "the same network");
    assert_eq!(log_in("ann@example.com", PASSWORD, "2001:db8:1:2ff::9").await, 200);
    assert_eq!(log_in("ann@example.com", PASSWORD, "203.0.113.7").await, 429, "Bob's network");
    assert_eq!(log_in("ann@example.com", PASSWORD, "192.0.3.7").await, 429, "another one");

    fixture.shop.run("update sign_in_places set seen_at = now() - interval '57 days'").await;
    assert_eq!(log_in("ann@example.com", PASSWORD, "192.0.2.7").await, 429, "forgotten");
}

#[tokio::test]
async fn a_network_that_is_known_lets_nobody_guess_for_long() {
    let fixture = Fixture::new().await;
    fixture.open_account("ann@example.com").await;
    let log_in = |password: &str, source: &str| {
        let body = json!({"email": "ann@example.com", "password": password});
        fixture.api.post("/v1/auth/login", &body).sent_from(source).into_future()
    };
    assert_eq!(log_in(PASSWORD, "192.0.2.7").await.status, 200);
    empty_the_buckets_of_accounts(&fixture).await;

    let started = Instant::now();
    let neighbours: Vec<_> = (100..140).map(|host| format!("192.0.2.{host}")).collect();
    let guesses = neighbours.iter().map(|source| log_in("plain words are wrong", source));
    let answers = join_all(guesses).await;

    let admitted = answers.iter().filter(|answer| answer.status == 401).count();
    let refilled = usize::try_from(started.elapsed().as_secs() / 6).unwrap();
    assert!((10..=10 + refilled).contains(&admitted), "{admitted} were admitted");
}

#[tokio::test]
async fn nobody_can_tell_from_the_database_who_logged_in_from_where() {
    let fixture = Fixture::new().await;
    fixture.open_account("ann@example.com").await;
    let body = json!({"email": "ann@example.com", "password": PASSWORD});
    for source in ["192.0.2.7", "192.0.2.8", "198.51.100.7"] {
        let answer = fixture.api.post("/v1/auth/login", &body).sent_from(source).await;
        assert_eq!(answer.status, 200);
    }
    fixture.log_in("ann@example.com", PASSWORD).await;

    let places = fixture.shop.admin.query("select place from sign_in_places", &[]).await.unwrap();

    let places: BTreeSet<Vec<u8>> = places.iter().map(|row| row.get("place")).collect();
    assert_eq!(places.len(), 2, "one for each network, none for a sender that is not known");
    for network in ["192.0.2.0/24", "198.51.100.0/24"] {
        let text = format!("ann@example.com\n{network}");
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        assert!(!places.contains(hash.as_ref()), "a hash without a key can be guessed");
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted_by_its_own_address() {
    let fixture = Fixture::new().await;
    let edge = "198.51.100.7";
    let behind = |proxies: &str| {
        let mut function = function(&fixture.shop, &fixture.hasher);
        function.app.trusted_proxies = proxies.parse().unwrap();
        ApiClient::new(accounts::routes(), function)
    };
    let log_in = |api: &ApiClient, person: usize, forwarded: String| {
        let email = format!("{person}@example.com");
        let call = api.post("/v1/auth/login", &json!({"email": email, "password": PASSWORD}));
        call.sent_from(edge).header("x-forwarded-for", &forwarded).into_future()
    };
    let throttled = async |api: &ApiClient, forwarded: fn(usize) -> String| {
        let answers = join_all((0..90).map(|person| log_in(api, person, forwarded(person)))).await;
        answers.iter().filter(|answer| answer.status == 429).count()
    };
    let by_client: fn(usize) -> String = |person| format!("203.0.113.{person}, 198.51.100.7");
    let by_spoofer: fn(usize) -> String =
        |person| format!("203.0.113.{person}, 192.0.2.66, 198.51.100.7");

    assert!(throttled(&behind(""), by_client).await > 0, "nobody is trusted by default");
    assert_eq!(throttled(&behind("198.51.100.0/24"), by_client).await, 0);
    assert!(throttled(&behind("198.51.100.0/24"), by_spoofer).await > 0, "what a client writes");
}
