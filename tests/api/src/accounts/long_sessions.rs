//! Sessions that are refreshed again and again.

use super::sessions::{is_theft, pass};
use super::{Fixture, PASSWORD, Tokens};
use serde_json::json;

#[tokio::test]
async fn a_client_that_loses_a_few_answers_keeps_its_session() {
    let fixture = Fixture::new().await;
    let mut newest = fixture.register_and_log_in("ann@example.com").await;

    for _ in 0..3 {
        let lost = Tokens::of(&fixture.refresh(&newest.refresh).await);
        for later in ["11 seconds", "1 minute", "1 minute", "1 hour", "1 hour"] {
            pass(&fixture, later).await;
            let again = Tokens::of(&fixture.refresh(&newest.refresh).await);
            assert_eq!(again.refresh, lost.refresh, "{later}");
        }
        newest = Tokens::of(&fixture.refresh(&lost.refresh).await);
    }

    assert_eq!(fixture.me(&newest.access).await.status, 200);
    assert!(!fixture.events().await.iter().any(is_theft));
}

#[tokio::test]
async fn an_owner_and_a_thief_who_refresh_in_turn_do_not_both_go_on() {
    let fixture = Fixture::new().await;
    let mut shared = fixture.register_and_log_in("ann@example.com").await;
    let other = Tokens::of(&fixture.log_in("ann@example.com", PASSWORD).await);

    let mut turns = 0;
    let refused = loop {
        let owner = Tokens::of(&fixture.refresh(&shared.refresh).await);
        pass(&fixture, "11 seconds").await;
        let thief = fixture.refresh(&shared.refresh).await;
        if thief.status != 200 {
            assert_eq!(fixture.refresh(&owner.refresh).await.refusal(), (401, "session_ended"));
            assert_eq!(fixture.me(&owner.access).await.refusal(), (401, "sign_in"));
            break thief;
        }
        shared = Tokens::of(&thief);
        turns += 1;
    };

    assert_eq!((refused.refusal(), turns), ((401, "session_ended"), 3));
    assert_eq!(fixture.refresh(&shared.refresh).await.refusal(), (401, "session_ended"));
    assert_eq!(fixture.events().await.iter().filter(|event| is_theft(event)).count(), 1);
    assert_eq!(fixture.refresh(&other.refresh).await.status, 200, "another session goes on");
}

#[tokio::test]
async fn a_session_is_refreshed_sixty_times_an_hour_from_wherever() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;
    let other = Tokens::of(&fixture.log_in("ann@example.com", PASSWORD).await);
    let refresh = async |token: &str, host: usize| {
        let call = fixture.api.post("/v1/auth/refresh", &json!({"refresh_token": token}));
        call.sent_from(&format!("198.51.100.{host}")).await
    };

    let mut newest = first.refresh;
    for host in 0..60 {
        newest = Tokens::of(&refresh(&newest, host).await).refresh;
    }

    assert_eq!(refresh(&newest, 99).await.refusal(), (429, "too_many_requests"));
    assert_eq!(refresh(&other.refresh, 99).await.status, 200, "another session is not counted");
}

#[tokio::test]
async fn a_session_of_a_hundred_thousand_refreshes_ends_by_one_row() {
    let fixture = Fixture::new().await;
    let spent = "insert into refresh_tokens (hash, family, user_id, created_at, expires_at, family_expires_at, used_at)
                 select sha256(convert_to(family || n::text, 'UTF8')), family, user_id, created_at, expires_at,
                        family_expires_at, now() - interval '1 minute'
                 from refresh_tokens, generate_series(1, 50000) n where used_at is null and revoked_at is null";
    let phone = fixture.register_and_log_in("ann@example.com").await;
    let laptop = Tokens::of(&fixture.log_in("ann@example.com", PASSWORD).await);
    assert_eq!(fixture.shop.run(spent).await, 100_000);
    let revoked = "select count(*) from refresh_tokens where revoked_at is not null";

    assert_eq!(fixture.log_out(&phone.access).await.status, 204);
    assert_eq!(fixture.shop.one::<i64>(revoked).await, 1);
    assert_eq!(fixture.refresh(&phone.refresh).await.refusal(), (401, "session_ended"));
    let change = json!({"current": PASSWORD, "new": "other words are fine too"});
    let change = fixture.api.post("/v1/me/password", &change);
    let changed = change.header("authorization", &format!("Bearer {}", laptop.access)).await;

    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(fixture.shop.one::<i64>(revoked).await, 2);
    assert_eq!(fixture.refresh(&laptop.refresh).await.refusal(), (401, "session_ended"));
    let newest = Tokens::of(&changed);
    assert_eq!(fixture.refresh(&newest.refresh).await.status, 200);
}
