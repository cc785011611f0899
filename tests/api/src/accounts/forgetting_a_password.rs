use super::{Fixture, PASSWORD, Tokens, comparable, function};
use accounts::Accounts;
use domain::accounts::Purpose;
use domain::id::UserId;
use domain::outbox::Event;
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::ApiClient;

const NEW_PASSWORD: &str = "other words are finer";

#[tokio::test]
async fn a_reset_sets_the_password_ends_all_sessions_and_tells_the_owner() {
    let fixture = Fixture::new().await;
    let phone = fixture.register_and_log_in("ann@example.com").await;
    let laptop = Tokens::of(&fixture.log_in("ann@example.com", PASSWORD).await);
    let bob = fixture.register_and_log_in("bob@example.com").await;
    fixture.forgot("ANN@example.com").await;
    let link = fixture.mailed_links().await.pop().unwrap();

    let answer = fixture.reset(&link, NEW_PASSWORD).await;

    assert_eq!((answer.status, &answer.body), (204, &serde_json::Value::Null));
    for ended in [phone, laptop] {
        assert_eq!(fixture.me(&ended.access).await.refusal(), (401, "sign_in"));
        assert_eq!(fixture.refresh(&ended.refresh).await.refusal(), (401, "session_ended"));
    }
    assert_eq!(fixture.me(&bob.access).await.status, 200);
    assert_eq!(fixture.log_in("ann@example.com", PASSWORD).await.status, 401);
    let again = Tokens::of(&fixture.log_in("ann@example.com", NEW_PASSWORD).await);
    assert_eq!(
        fixture.me(&again.access).await.body["email_verified"],
        true,
        "the link proves the address"
    );
    let user =
        fixture.shop.one::<UserId>("select id from users where email = 'ann@example.com'").await;
    let last = fixture.events().await.pop().unwrap();
    assert_eq!(last, Event::PasswordChanged { user, epoch: 1 });
}

#[tokio::test]
async fn of_two_resets_with_one_link_at_once_one_wins() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;
    fixture.forgot("ann@example.com").await;
    let link = fixture.mailed_links().await.pop().unwrap();

    let passwords = ["the words of the first", "the words of the second"];
    let answers = join_all(passwords.map(|password| fixture.reset(&link, password))).await;

    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses == [204, 400] || statuses == [400, 204], "{statuses:?}");
    for (password, status) in passwords.iter().zip(statuses) {
        let expected = if status == 204 { 200 } else { 401 };
        assert_eq!(
            fixture.log_in("ann@example.com", password).await.status,
            expected,
            "{password}"
        );
    }
    let changes = fixture.events().await.into_iter();
    assert_eq!(changes.filter(|event| matches!(event, Event::PasswordChanged { .. })).count(), 1);
}

#[tokio::test]
async fn used_expired_replaced_and_unknown_links_set_no_password() {
    let fixture = Fixture::new().await;
    fixture.open_account("ann@example.com").await;
    fixture.forgot("ann@example.com").await;
    fixture.forgot("ann@example.com").await;
    let [verifies, replaced, good] = &fixture.mailed_links().await[..] else {
        panic!("expected three mails")
    };
    let lasts =
        "select expires_at = created_at + interval '1 hour' from links where purpose = 'reset'";
    assert!(fixture.shop.one::<bool>(lasts).await);
    for bad in [verifies, replaced, &"A".repeat(43), "nonsense", ""] {
        assert_eq!(fixture.reset(bad, NEW_PASSWORD).await.refusal(), (400, "bad_link"), "{bad}");
    }

    fixture.shop.run("update links set expires_at = now() where purpose = 'reset'").await;
    assert_eq!(fixture.reset(good, NEW_PASSWORD).await.refusal(), (400, "bad_link"), "expired");
    assert_eq!(fixture.log_in("ann@example.com", PASSWORD).await.status, 200);

    fixture.shop.run("update links set expires_at = now() + interval '1 hour'").await;
    assert_eq!(fixture.reset(good, NEW_PASSWORD).await.status, 204);
    assert_eq!(fixture.reset(good, "words of a late thief").await.refusal(), (400, "bad_link"));
}

#[tokio::test]
async fn a_weak_password_is_refused_and_the_link_stays_good() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;
    fixture.forgot("ann@example.com").await;
    let link = fixture.mailed_links().await.pop().unwrap();

    for (weak, code) in [("short", "too_short"), ("ann@example.com", "is_email")] {
        let answer = fixture.reset(&link, weak).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"), "{weak}");
        assert_eq!(answer.text("/errors/0/pointer"), "/password");
        assert_eq!(answer.text("/errors/0/code"), code);
    }

    assert_eq!(fixture.reset(&link, NEW_PASSWORD).await.status, 204);
}

#[tokio::test]
async fn asking_for_a_reset_tells_nobody_whether_there_is_an_account() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;
    fixture.register("closed@example.com").await;
    fixture
        .shop
        .run("update users set disabled_at = now() where email = 'closed@example.com'")
        .await;
    let before = fixture.mailed_links().await.len();

    let mut answers = Vec::new();
    for who in ["ann", "closed", "nobody"] {
        answers.push(fixture.forgot(&format!("{who}@example.com")).await);
    }

    assert_eq!(answers[0].status, 202);
    for answer in &answers {
        assert_eq!(comparable(answer), comparable(&answers[0]));
        assert_eq!(answer.header("ratelimit-remaining"), Some("4"));
    }
    assert_eq!(fixture.mailed_links().await.len(), before + 1);
    assert_eq!(fixture.forgot("ann").await.refusal(), (422, "invalid_value"));
}

#[tokio::test]
async fn answers_about_known_and_unknown_addresses_take_the_same_time() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;
    let min_response_time = Duration::from_millis(300);
    let api = ApiClient::new(
        accounts::routes(),
        Accounts { min_response_time, ..function(&fixture.shop, &fixture.hasher) },
    );
    let password = json!(PASSWORD);

    for path in ["/v1/auth/password/forgot", "/v1/auth/email/resend", "/v1/auth/register"] {
        let mut times = Vec::new();
        for email in ["ann@example.com", "nobody@example.com"] {
            let mut body = json!({"email": email});
            if path.ends_with("register") {
                body["password"] = password.clone();
            }
            let started = Instant::now();
            assert_eq!(api.post(path, &body).await.status, 202);
            times.push(started.elapsed());
        }
        assert!(times.iter().all(|time| *time >= min_response_time), "{path} {times:?}");
    }
}

#[tokio::test]
async fn a_link_of_an_account_that_was_closed_meanwhile_is_good_no_more() {
    let fixture = Fixture::new().await;
    let ann = fixture.shop.customer().await;
    let link = fixture.shop.link(&ann, Purpose::Reset).await;

    fixture.shop.run("update users set disabled_at = now()").await;

    assert_eq!(fixture.reset(&link, NEW_PASSWORD).await.refusal(), (400, "bad_link"));
}

#[tokio::test]
async fn a_log_in_that_races_a_reset_does_not_outlive_it() {
    let fixture = Fixture::new().await;
    fixture.open_account("ann@example.com").await;
    fixture.forgot("ann@example.com").await;
    let link = fixture.mailed_links().await.pop().unwrap();

    let log_ins = join_all((0..8).map(|_| fixture.log_in("ann@example.com", PASSWORD)));
    let (answers, reset) = tokio::join!(log_ins, fixture.reset(&link, NEW_PASSWORD));

    assert_eq!(reset.status, 204);
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        let session = Tokens::of(answer);
        assert_eq!(fixture.me(&session.access).await.refusal(), (401, "sign_in"));
        assert_eq!(fixture.refresh(&session.refresh).await.refusal(), (401, "session_ended"));
    }
}
