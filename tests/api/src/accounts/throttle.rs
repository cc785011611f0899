use super::{Fixture, PASSWORD, refresh_key};
use domain::accounts::{self, Email, LogIn, PasswordAttempt, Refusal, Visitor};
use domain::failure::Failure;
use futures_util::future::join_all;
use serde_json::json;
use std::net::IpAddr;
use std::time::Instant;
use testkit::Response;

#[tokio::test]
async fn the_eleventh_log_in_of_a_minute_waits_whether_there_is_an_account_or_not() {
    for email in ["ann@example.com", "nobody@example.com"] {
        let fixture = Fixture::new().await;
        fixture.register("ann@example.com").await;

        let started = Instant::now();
        let tries = (0..40).map(|host| {
            let wrong = json!({"email": email, "password": "plain words are wrong"});
            let call = fixture.api.post("/v1/auth/login", &wrong);
            // A client can set this header to anything, so it must not select the rate bucket.
            call.header("x-forwarded-for", &format!("203.0.113.{host}")).into_future()
        });
        let answers = join_all(tries).await;

        let admitted = answers.iter().filter(|answer| answer.status == 401).count();
        let refilled = usize::try_from(started.elapsed().as_secs() / 6).unwrap();
        assert!((10..=10 + refilled).contains(&admitted), "{admitted} were admitted");
        let refused = answers.iter().find(|answer| answer.status != 401).unwrap();
        assert_eq!(refused.refusal(), (429, "too_many_requests"));
        assert_eq!(refused.header("retry-after"), Some("6"));
        assert_eq!(refused.body["retry_after"], 6);
        assert_eq!(rate_limit(refused), ("10", "0", "60"));
    }
}

#[tokio::test]
async fn whoever_guesses_does_not_lock_the_owner_out() {
    let fixture = Fixture::new().await;
    fixture.open_account("ann@example.com").await;
    let email = || Email::parse("ann@example.com").unwrap();
    let wrong = LogIn {
        email: email(),
        password: PasswordAttempt::parse("plain words are wrong").unwrap(),
    };
    let right = LogIn { email: email(), password: PasswordAttempt::parse(PASSWORD).unwrap() };
    let from = async |origin: &str, who| {
        let visitor = Visitor::from(origin.parse::<IpAddr>().unwrap());
        let Fixture { shop, hasher, .. } = &fixture;
        accounts::log_in(&shop.db, hasher, &refresh_key(), who, &visitor).await
    };

    let mut guess = from("192.0.2.66", &wrong).await;
    for _ in 0..100 {
        guess = from("192.0.2.66", &wrong).await;
    }

    assert!(matches!(guess, Err(Failure::Refused(Refusal::TooManyRequests { .. }))));
    assert!(from("192.0.2.1", &right).await.is_ok());
}

#[tokio::test]
async fn whoever_tries_many_addresses_from_one_place_waits() {
    let fixture = Fixture::new().await;

    let mut answers = Vec::new();
    for person in 0..65 {
        answers.push(fixture.log_in(&format!("{person}@example.com"), PASSWORD).await);
    }

    assert!(answers[..60].iter().all(|answer| answer.status == 401));
    let refused = answers.iter().find(|answer| answer.status != 401).unwrap();
    assert_eq!(refused.refusal(), (429, "too_many_requests"));
    assert_eq!(
        (rate_limit(refused), refused.header("retry-after")),
        (("60", "0", "60"), Some("1"))
    );
}

#[tokio::test]
async fn whoever_guesses_from_many_places_at_one_account_waits() {
    let fixture = Fixture::new().await;

    let wrong = json!({"email": "ann@example.com", "password": "plain words are wrong"});
    let guess = |network| {
        let guess = fixture.api.post("/v1/auth/login", &wrong);
        guess.sent_from(&format!("198.51.{network}.1")).into_future()
    };
    let started = Instant::now();
    let answers = join_all((0..80).map(guess)).await;

    let admitted = answers.iter().filter(|answer| answer.status == 401).count();
    let refilled = usize::try_from(started.elapsed().as_secs()).unwrap();
    assert!((60..=60 + refilled).contains(&admitted), "{admitted} were admitted");
}

#[tokio::test]
async fn answers_tell_how_many_tries_are_left_whatever_became_of_them() {
    let fixture = Fixture::new().await;

    let registered = fixture.register("ann@example.com").await;
    let wrong = fixture.log_in("ann@example.com", "plain words are wrong").await;
    fixture.verify(&fixture.mailed_links().await[0]).await;
    let right = fixture.log_in("ann@example.com", PASSWORD).await;
    let me = fixture.me(right.text("/access_token")).await;

    assert_eq!((registered.status, rate_limit(&registered)), (202, ("10", "9", "6")));
    assert_eq!((wrong.status, rate_limit(&wrong)), (401, ("10", "9", "6")));
    let (limit, remaining, reset) = rate_limit(&right);
    assert_eq!((right.status, limit, remaining), (200, "10", "8"));
    assert!(["11", "12"].contains(&reset), "{reset}");
    assert_eq!((me.status, me.header("ratelimit-limit")), (200, None), "not counted");
}

#[tokio::test]
async fn the_sixth_link_of_an_hour_waits_whether_there_is_an_account_or_not() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;

    for email in ["ann@example.com", "nobody@example.com"] {
        for path in ["/v1/auth/password/forgot", "/v1/auth/email/resend"] {
            let ask = async || fixture.api.post(path, &json!({"email": email})).await;
            for _ in 0..5 {
                assert_eq!(ask().await.status, 202, "{path} {email}");
            }
            let sixth = ask().await;

            assert_eq!(sixth.refusal(), (429, "too_many_requests"), "{path} {email}");
            assert_eq!(rate_limit(&sixth), ("5", "0", "3600"), "{path} {email}");
            assert_eq!(sixth.header("retry-after"), Some("720"), "{path} {email}");
            let policy = sixth.header("ratelimit-policy").unwrap_or_default();
            let (name, numbers) = policy.split_once(';').unwrap();
            assert_eq!(numbers, "q=5;w=3600", "{path} {email}");
            assert_eq!(sixth.header("ratelimit"), Some(&*format!("{name};r=0;t=3600")));
        }
    }
    let links = fixture.mailed_links().await;
    assert_eq!(links.len(), 6, "the address is not proven");
    assert_eq!(fixture.verify(links.last().unwrap()).await.status, 200, "the last link stays good");
}

#[tokio::test]
async fn an_address_that_nobody_proved_gets_seven_mails_an_hour_wherever_strangers_ask_from() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;
    let body = json!({"email": "ann@example.com"});
    let registration = json!({"email": "ann@example.com", "password": PASSWORD});
    let mut calls = Vec::new();
    for host in 0..24 {
        for (path, body) in [
            ("/v1/auth/register", &registration),
            ("/v1/auth/email/resend", &body),
            ("/v1/auth/password/forgot", &body),
        ] {
            let call = fixture.api.post(path, body).sent_from(&format!("198.51.{host}.1"));
            calls.push(call.into_future());
        }
    }

    let answers = join_all(calls).await;

    assert!(answers.iter().all(|answer| [202, 429].contains(&answer.status)));
    assert_eq!(fixture.mailed_links().await.len(), 6, "three of each kind");
    assert_eq!(fixture.events().await.len(), 7, "and one notice of the registrations");
    fixture.shop.run("update rate_buckets set at = at - interval '1 hour'").await;
    fixture.resend("ann@example.com").await;
    assert_eq!(fixture.events().await.len(), 8, "an hour later");
    fixture.verify(&fixture.mailed_links().await.pop().unwrap()).await;
    for _ in 0..5 {
        fixture.forgot("ann@example.com").await;
    }
    assert!(fixture.events().await.len() > 10, "who has proven the address is not counted");
}

#[tokio::test]
async fn whoever_guesses_at_links_waits() {
    let fixture = Fixture::new().await;

    let mut answers = Vec::new();
    for guess in 0..35 {
        let guess = format!("{guess:043}");
        answers.push(fixture.reset(&guess, PASSWORD).await);
    }

    assert!(answers[..30].iter().all(|answer| answer.refusal() == (400, "bad_link")));
    assert!(answers.iter().any(|answer| answer.refusal() == (429, "too_many_requests")));
}

#[tokio::test]
async fn a_bucket_fills_again_but_never_over_its_brim() {
    let fixture = Fixture::new().await;
    let admitted = async || {
        let tries = (0..25).map(|_| fixture.log_in("nobody@example.com", PASSWORD));
        join_all(tries).await.iter().filter(|answer| answer.status == 401).count()
    };
    admitted().await;

    fixture.shop.run("update rate_buckets set at = at - interval '30 seconds'").await;
    let after_half_a_minute = admitted().await;
    fixture.shop.run("update rate_buckets set at = at - interval '1 day'").await;
    let after_a_day = admitted().await;

    assert!((5..=7).contains(&after_half_a_minute), "{after_half_a_minute}");
    assert!((10..=11).contains(&after_a_day), "{after_a_day}");
}

#[tokio::test]
async fn the_thirty_first_account_of_a_minute_waits() {
    let fixture = Fixture::new().await;

    let started = Instant::now();
    let tries =
        (0..50).map(async |person| fixture.register(&format!("{person}@example.com")).await);
    let answers = join_all(tries).await;

    let created = answers.iter().filter(|answer| answer.status == 202).count();
    let refilled = usize::try_from(started.elapsed().as_secs() / 2).unwrap();
    assert!((30..=30 + refilled).contains(&created), "{created} were created");
    let refused = answers.iter().find(|answer| answer.status != 202).unwrap();
    assert_eq!(refused.refusal(), (429, "too_many_requests"));
    assert_eq!(refused.header("retry-after"), Some("2"));
}

/// The headers `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`.
pub(super) fn rate_limit(answer: &Response) -> (&str, &str, &str) {
    let number = |name| answer.header(name).unwrap_or_default();
    (number("ratelimit-limit"), number("ratelimit-remaining"), number("ratelimit-reset"))
}
