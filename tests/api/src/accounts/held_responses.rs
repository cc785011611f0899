//! Responses that take a minimum time, so that it does not show whether there is an account, keep an instance busy.

use super::throttle::rate_limit;
use super::{Fixture, function};
use accounts::Accounts;
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::ApiClient;

#[tokio::test]
async fn who_waits_for_the_next_token_is_told_so_at_once() {
    let fixture = Fixture::new().await;
    let held = Accounts {
        min_response_time: Duration::from_millis(600),
        ..function(&fixture.shop, &fixture.hasher)
    };
    let api = ApiClient::new(accounts::routes(), held);
    let forgot = async |source: &str, email: &str| {
        let call = api.post("/v1/auth/password/forgot", &json!({"email": email}));
        let started = Instant::now();
        (call.sent_from(source).await, started.elapsed())
    };
    let mut refused = 0;
    for _ in 0..8 {
        let (answer, time) = forgot("192.0.2.7", "ann@example.com").await;
        if answer.status == 429 {
            assert!(time < Duration::from_millis(600), "{time:?}");
            refused += 1;
        }
    }

    assert_eq!(refused, 3, "five an hour");
}

#[tokio::test]
async fn however_many_ask_only_so_many_responses_are_held_at_once() {
    let fixture = Fixture::new().await;
    let held = Accounts {
        min_response_time: Duration::from_millis(600),
        ..function(&fixture.shop, &fixture.hasher)
    };
    let api = ApiClient::new(accounts::routes(), held);
    let started = Instant::now();
    let asked = (0..60).map(|person| {
        let path = ["/v1/auth/password/forgot", "/v1/auth/email/resend"][person % 2];
        let call = api.post(path, &json!({"email": format!("{person}@example.com")}));
        call.sent_from(&format!("198.51.{person}.1")).into_future()
    });

    let answers = join_all(asked).await;

    let held = answers.iter().filter(|answer| answer.status == 202).count();
    let refilled = usize::try_from(4 * started.elapsed().as_millis() / 1000).unwrap();
    assert!((4..=4 + refilled).contains(&held), "{held} were held");
    let refused = answers.iter().find(|answer| answer.status != 202).unwrap();
    assert_eq!(refused.refusal(), (429, "too_many_requests"));
    assert_eq!((rate_limit(refused), refused.header("retry-after")), (("4", "0", "1"), Some("1")));
}
