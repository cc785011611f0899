use super::{PASSWORD, Reception, Tokens};
use domain::id::UserId;
use domain::outbox::Event;
use futures_util::future::join_all;
use serde_json::json;
use testkit::Answer;

const NEW: &str = "other words are finer";

async fn change(here: &Reception, access: &str, current: &str, new: &str) -> Answer {
    let call = here.door.post("/v1/me/password", &json!({"current": current, "new": new}));
    call.header("authorization", &format!("Bearer {access}")).await
}

#[tokio::test]
async fn whoever_changes_the_password_stays_signed_in_and_all_others_are_out() {
    let here = Reception::open().await;
    let phone = here.welcome("ann@example.com").await;
    let laptop = Tokens::of(&here.log_in("ann@example.com", PASSWORD).await);

    let fresh = Tokens::of(&change(&here, &phone.access, PASSWORD, NEW).await);

    assert_eq!(here.me(&fresh.access).await.status, 200);
    assert_eq!(here.refresh(&fresh.refresh).await.status, 200);
    for ended in [phone, laptop] {
        assert_eq!(here.me(&ended.access).await.refusal(), (401, "sign_in"));
        assert_eq!(here.refresh(&ended.refresh).await.refusal(), (401, "session_ended"));
    }
    assert_eq!(here.log_in("ann@example.com", PASSWORD).await.status, 401);
    assert_eq!(here.log_in("ann@example.com", NEW).await.status, 200);
    let user = here.shop.one::<UserId>("select id from users").await;
    let last = here.events().await.pop().unwrap();
    assert_eq!(last, Event::PasswordChanged { user, epoch: 1 });
}

#[tokio::test]
async fn without_the_current_password_nothing_changes() {
    let here = Reception::open().await;
    let ann = here.welcome("ann@example.com").await;

    let wrong = change(&here, &ann.access, "plain words are wrong", NEW).await;
    let weak = change(&here, &ann.access, PASSWORD, "short").await;
    let stranger = here.door.post("/v1/me/password", &json!({"current": PASSWORD, "new": NEW}));

    assert_eq!(wrong.refusal(), (403, "wrong_password"));
    assert_eq!((weak.refusal(), weak.text("/errors/0/pointer")), ((422, "invalid_value"), "/new"));
    assert_eq!(stranger.await.refusal(), (401, "sign_in"));
    assert_eq!(here.me(&ann.access).await.status, 200);
    assert_eq!(here.log_in("ann@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins() {
    let here = Reception::open().await;
    let ann = here.welcome("ann@example.com").await;

    let words = ["the words of the first", "the words of the second"];
    let answers = join_all(words.map(|words| change(&here, &ann.access, PASSWORD, words))).await;

    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1, "{answers:?}");
    let epoch = here.shop.one::<i32>("select token_epoch from users").await;
    assert_eq!(epoch, 1);
}

#[tokio::test]
async fn a_link_to_reset_is_good_no_more_once_the_password_was_changed() {
    let here = Reception::open().await;
    let ann = here.welcome("ann@example.com").await;
    here.forgot("ann@example.com").await;
    let link = here.mailed().await.pop().unwrap();

    change(&here, &ann.access, PASSWORD, NEW).await;

    let late = here.reset(&link, "words of a late thief").await;
    assert_eq!(late.refusal(), (400, "bad_link"));
}

#[tokio::test]
async fn whoever_holds_a_stolen_token_cannot_guess_the_password_for_long() {
    let here = Reception::open().await;
    let ann = here.welcome("ann@example.com").await;

    let mut answers = Vec::new();
    for _ in 0..12 {
        answers.push(change(&here, &ann.access, "plain words are wrong", NEW).await);
    }

    assert!(answers[..10].iter().all(|answer| answer.status == 403));
    assert_eq!(answers[10].refusal(), (429, "too_many_requests"));
}
