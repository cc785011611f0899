use super::{Fixture, PASSWORD, Tokens};
use domain::id::UserId;
use domain::outbox::Event;
use futures_util::future::join_all;
use serde_json::json;
use testkit::Response;

const NEW_PASSWORD: &str = "other words are finer";

async fn change(fixture: &Fixture, access: &str, current: &str, new: &str) -> Response {
    let call = fixture.api.post("/v1/me/password", &json!({"current": current, "new": new}));
    call.header("authorization", &format!("Bearer {access}")).await
}

#[tokio::test]
async fn whoever_changes_the_password_stays_signed_in_and_all_others_are_out() {
    let fixture = Fixture::new().await;
    let phone = fixture.register_and_log_in("ann@example.com").await;
    let laptop = Tokens::of(&fixture.log_in("ann@example.com", PASSWORD).await);

    let fresh = Tokens::of(&change(&fixture, &phone.access, PASSWORD, NEW_PASSWORD).await);

    assert_eq!(fixture.me(&fresh.access).await.status, 200);
    assert_eq!(fixture.refresh(&fresh.refresh).await.status, 200);
    for ended in [phone, laptop] {
        assert_eq!(fixture.me(&ended.access).await.refusal(), (401, "sign_in"));
        assert_eq!(fixture.refresh(&ended.refresh).await.refusal(), (401, "session_ended"));
    }
    assert_eq!(fixture.log_in("ann@example.com", PASSWORD).await.status, 401);
    assert_eq!(fixture.log_in("ann@example.com", NEW_PASSWORD).await.status, 200);
    let user = fixture.shop.one::<UserId>("select id from users").await;
    let last = fixture.events().await.pop().unwrap();
    assert_eq!(last, Event::PasswordChanged { user, epoch: 1 });
}

#[tokio::test]
async fn without_the_current_password_nothing_changes() {
    let fixture = Fixture::new().await;
    let ann = fixture.register_and_log_in("ann@example.com").await;

    let wrong = change(&fixture, &ann.access, "plain words are wrong", NEW_PASSWORD).await;
    let weak = change(&fixture, &ann.access, PASSWORD, "short").await;
    let anonymous =
        fixture.api.post("/v1/me/password", &json!({"current": PASSWORD, "new": NEW_PASSWORD}));

    assert_eq!(wrong.refusal(), (403, "wrong_password"));
    assert_eq!((weak.refusal(), weak.text("/errors/0/pointer")), ((422, "invalid_value"), "/new"));
    assert_eq!(anonymous.await.refusal(), (401, "sign_in"));
    assert_eq!(fixture.me(&ann.access).await.status, 200);
    assert_eq!(fixture.log_in("ann@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins() {
    let fixture = Fixture::new().await;
    let ann = fixture.register_and_log_in("ann@example.com").await;

    let passwords = ["the words of the first", "the words of the second"];
    let answers =
        join_all(passwords.map(|password| change(&fixture, &ann.access, PASSWORD, password))).await;

    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1, "{answers:?}");
    let epoch = fixture.shop.one::<i32>("select token_epoch from users").await;
    assert_eq!(epoch, 1);
}

#[tokio::test]
async fn a_link_to_reset_is_good_no_more_once_the_password_was_changed() {
    let fixture = Fixture::new().await;
    let ann = fixture.register_and_log_in("ann@example.com").await;
    fixture.forgot("ann@example.com").await;
    let link = fixture.mailed_links().await.pop().unwrap();

    change(&fixture, &ann.access, PASSWORD, NEW_PASSWORD).await;

    let late = fixture.reset(&link, "words of a late thief").await;
    assert_eq!(late.refusal(), (400, "bad_link"));
}

#[tokio::test]
async fn whoever_holds_a_stolen_token_cannot_guess_the_password_for_long() {
    let fixture = Fixture::new().await;
    let ann = fixture.register_and_log_in("ann@example.com").await;

    let mut answers = Vec::new();
    for _ in 0..12 {
        answers.push(change(&fixture, &ann.access, "plain words are wrong", NEW_PASSWORD).await);
    }

    assert!(answers[..10].iter().all(|answer| answer.status == 403));
    assert_eq!(answers[10].refusal(), (429, "too_many_requests"));
}
