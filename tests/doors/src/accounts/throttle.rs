use super::{PASSWORD, Reception};
use domain::accounts::{self, Email, Guess, LogIn, Refusal};
use domain::failure::Failure;
use futures_util::future::join_all;
use serde_json::json;
use std::time::Instant;

#[tokio::test]
async fn the_eleventh_log_in_of_a_minute_waits_whether_there_is_an_account_or_not() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;

    for email in ["ann@example.com", "nobody@example.com"] {
        let begun = Instant::now();
        let tries = (0..40).map(|turn| {
            let shown = json!({"email": email, "password": "plain words are wrong"});
            let call = here.door.post("/v1/auth/login", &shown);
            // Everybody can write this header; it must not buy a bucket of one's own.
            call.header("x-forwarded-for", &format!("203.0.113.{turn}")).into_future()
        });
        let answers = join_all(tries).await;

        let heard = answers.iter().filter(|answer| answer.status == 401).count();
        let refilled = usize::try_from(begun.elapsed().as_secs() / 6).unwrap();
        assert!((10..=10 + refilled).contains(&heard), "{heard} were heard");
        let refused = answers.iter().find(|answer| answer.status != 401).unwrap();
        assert_eq!(refused.refusal(), (429, "too_many_requests"));
        assert_eq!(refused.header("retry-after"), Some("6"));
        assert_eq!(refused.body["retry_after"], 6);
    }
}

#[tokio::test]
async fn whoever_guesses_does_not_lock_the_owner_out() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;
    let email = || Email::parse("ann@example.com").unwrap();
    let wrong = LogIn { email: email(), password: Guess::parse("plain words are wrong").unwrap() };
    let right = LogIn { email: email(), password: Guess::parse(PASSWORD).unwrap() };
    let from = async |origin, who| accounts::log_in(&here.shop.db, &here.hasher, who, origin).await;

    let mut guess = from("192.0.2.66", &wrong).await;
    for _ in 0..40 {
        guess = from("192.0.2.66", &wrong).await;
    }

    assert!(matches!(guess, Err(Failure::Refused(Refusal::TooMany { retry_after: 6 }))));
    assert!(from("192.0.2.1", &right).await.is_ok());
}

#[tokio::test]
async fn a_bucket_fills_again_but_never_over_its_brim() {
    let here = Reception::open().await;
    let heard = async || {
        let tries = (0..25).map(|_| here.log_in("nobody@example.com", PASSWORD));
        join_all(tries).await.iter().filter(|answer| answer.status == 401).count()
    };
    heard().await;

    here.shop.run("update rate_buckets set at = at - interval '30 seconds'").await;
    let after_half_a_minute = heard().await;
    here.shop.run("update rate_buckets set at = at - interval '1 day'").await;
    let after_a_day = heard().await;

    assert!((5..=7).contains(&after_half_a_minute), "{after_half_a_minute}");
    assert!((10..=11).contains(&after_a_day), "{after_a_day}");
}

#[tokio::test]
async fn the_thirty_first_account_of_a_minute_waits() {
    let here = Reception::open().await;

    let begun = Instant::now();
    let tries = (0..50).map(async |person| here.register(&format!("{person}@example.com")).await);
    let answers = join_all(tries).await;

    let opened = answers.iter().filter(|answer| answer.status == 202).count();
    let refilled = usize::try_from(begun.elapsed().as_secs() / 2).unwrap();
    assert!((30..=30 + refilled).contains(&opened), "{opened} were opened");
    let refused = answers.iter().find(|answer| answer.status != 202).unwrap();
    assert_eq!(refused.refusal(), (429, "too_many_requests"));
    assert_eq!(refused.header("retry-after"), Some("2"));
}
