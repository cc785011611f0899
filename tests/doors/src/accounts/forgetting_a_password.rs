use super::{PASSWORD, Reception, Tokens, function, told};
use accounts::Accounts;
use domain::accounts::Purpose;
use domain::id::UserId;
use domain::outbox::Event;
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::Door;

const NEW: &str = "other words are finer";

#[tokio::test]
async fn a_reset_sets_the_password_ends_all_sessions_and_tells_the_owner() {
    let here = Reception::open().await;
    let phone = here.welcome("ann@example.com").await;
    let laptop = Tokens::of(&here.log_in("ann@example.com", PASSWORD).await);
    let bob = here.welcome("bob@example.com").await;
    here.forgot("ANN@example.com").await;
    let link = here.mailed().await.pop().unwrap();

    let answer = here.reset(&link, NEW).await;

    assert_eq!((answer.status, &answer.body), (204, &serde_json::Value::Null));
    for ended in [phone, laptop] {
        assert_eq!(here.me(&ended.access).await.refusal(), (401, "sign_in"));
        assert_eq!(here.refresh(&ended.refresh).await.refusal(), (401, "session_ended"));
    }
    assert_eq!(here.me(&bob.access).await.status, 200);
    assert_eq!(here.log_in("ann@example.com", PASSWORD).await.status, 401);
    let again = Tokens::of(&here.log_in("ann@example.com", NEW).await);
    assert_eq!(here.me(&again.access).await.body["email_verified"], true, "the mail was read");
    let user =
        here.shop.one::<UserId>("select id from users where email = 'ann@example.com'").await;
    let last = here.events().await.pop().unwrap();
    assert_eq!(last, Event::PasswordChanged { user, epoch: 1 });
}

#[tokio::test]
async fn of_two_resets_with_one_link_at_once_one_wins() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;
    here.forgot("ann@example.com").await;
    let link = here.mailed().await.pop().unwrap();

    let words = ["the words of the first", "the words of the second"];
    let answers = join_all(words.map(|words| here.reset(&link, words))).await;

    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses == [204, 400] || statuses == [400, 204], "{statuses:?}");
    for (words, status) in words.iter().zip(statuses) {
        let expected = if status == 204 { 200 } else { 401 };
        assert_eq!(here.log_in("ann@example.com", words).await.status, expected, "{words}");
    }
    let changes = here.events().await.into_iter();
    assert_eq!(changes.filter(|event| matches!(event, Event::PasswordChanged { .. })).count(), 1);
}

#[tokio::test]
async fn used_expired_replaced_and_unknown_links_set_no_password() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;
    here.forgot("ann@example.com").await;
    here.forgot("ann@example.com").await;
    let [verifies, replaced, good] = &here.mailed().await[..] else { panic!("three") };
    let lasts =
        "select expires_at = created_at + interval '1 hour' from links where purpose = 'reset'";
    assert!(here.shop.one::<bool>(lasts).await);
    for bad in [verifies, replaced, &"A".repeat(43), "nonsense", ""] {
        assert_eq!(here.reset(bad, NEW).await.refusal(), (400, "bad_link"), "{bad}");
    }

    here.shop.run("update links set expires_at = now() where purpose = 'reset'").await;
    assert_eq!(here.reset(good, NEW).await.refusal(), (400, "bad_link"), "expired");
    assert_eq!(here.log_in("ann@example.com", PASSWORD).await.status, 200);

    here.shop.run("update links set expires_at = now() + interval '1 hour'").await;
    assert_eq!(here.reset(good, NEW).await.status, 204);
    assert_eq!(here.reset(good, "words of a late thief").await.refusal(), (400, "bad_link"));
}

#[tokio::test]
async fn a_weak_password_is_refused_and_the_link_stays_good() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;
    here.forgot("ann@example.com").await;
    let link = here.mailed().await.pop().unwrap();

    for (weak, code) in [("short", "too_short"), ("ann@example.com", "is_email")] {
        let answer = here.reset(&link, weak).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"), "{weak}");
        assert_eq!(answer.text("/errors/0/pointer"), "/password");
        assert_eq!(answer.text("/errors/0/code"), code);
    }

    assert_eq!(here.reset(&link, NEW).await.status, 204);
}

#[tokio::test]
async fn asking_for_a_reset_tells_nobody_whether_there_is_an_account() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;
    here.register("closed@example.com").await;
    here.shop.run("update users set disabled_at = now() where email = 'closed@example.com'").await;
    let before = here.mailed().await.len();

    let mut answers = Vec::new();
    for who in ["ann", "closed", "nobody"] {
        answers.push(here.forgot(&format!("{who}@example.com")).await);
    }

    assert_eq!(answers[0].status, 202);
    for answer in &answers {
        assert_eq!(told(answer), told(&answers[0]));
        assert_eq!(answer.header("ratelimit-remaining"), Some("4"));
    }
    assert_eq!(here.mailed().await.len(), before + 1);
    assert_eq!(here.forgot("ann").await.refusal(), (422, "invalid_value"));
}

#[tokio::test]
async fn answers_about_known_and_unknown_addresses_take_the_same_time() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;
    let hush = Duration::from_millis(300);
    let door =
        Door::new(accounts::routes(), Accounts { hush, ..function(&here.shop, &here.hasher) });
    let password = json!(PASSWORD);

    for path in ["/v1/auth/password/forgot", "/v1/auth/email/resend", "/v1/auth/register"] {
        let mut times = Vec::new();
        for email in ["ann@example.com", "nobody@example.com"] {
            let mut wish = json!({"email": email});
            if path.ends_with("register") {
                wish["password"] = password.clone();
            }
            let begun = Instant::now();
            assert_eq!(door.post(path, &wish).await.status, 202);
            times.push(begun.elapsed());
        }
        assert!(times.iter().all(|time| *time >= hush), "{path} {times:?}");
    }
}

#[tokio::test]
async fn a_link_of_an_account_that_was_closed_meanwhile_is_good_no_more() {
    let here = Reception::open().await;
    let ann = here.shop.customer().await;
    let link = here.shop.link(&ann, Purpose::Reset).await;

    here.shop.run("update users set disabled_at = now()").await;

    assert_eq!(here.reset(&link, NEW).await.refusal(), (400, "bad_link"));
}

#[tokio::test]
async fn a_log_in_that_races_a_reset_does_not_outlive_it() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;
    here.forgot("ann@example.com").await;
    let link = here.mailed().await.pop().unwrap();

    let log_ins = join_all((0..8).map(|_| here.log_in("ann@example.com", PASSWORD)));
    let (answers, reset) = tokio::join!(log_ins, here.reset(&link, NEW));

    assert_eq!(reset.status, 204);
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        let session = Tokens::of(answer);
        assert_eq!(here.me(&session.access).await.refusal(), (401, "sign_in"));
        assert_eq!(here.refresh(&session.refresh).await.refusal(), (401, "session_ended"));
    }
}
