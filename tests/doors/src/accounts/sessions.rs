use super::{PASSWORD, Reception, Tokens};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::id::{FamilyId, UserId};
use domain::outbox::Event;
use futures_util::future::join_all;
use std::collections::HashSet;

#[tokio::test]
async fn a_refresh_token_buys_new_tokens_that_are_good() {
    let here = Reception::open().await;
    let first = here.welcome("ann@example.com").await;

    let second = Tokens::of(&here.refresh(&first.refresh).await);
    let third = Tokens::of(&here.refresh(&second.refresh).await);

    assert_eq!(here.me(&third.access).await.status, 200);
    assert_eq!(HashSet::from([&first.refresh, &second.refresh, &third.refresh]).len(), 3);
}

#[tokio::test]
async fn twenty_refreshes_at_once_leave_one_successor() {
    let here = Reception::open().await;
    let first = here.welcome("ann@example.com").await;

    let answers = join_all((0..20).map(|_| here.refresh(&first.refresh))).await;

    let successors: HashSet<_> = answers.iter().map(|answer| Tokens::of(answer).refresh).collect();
    assert_eq!(successors.len(), 1);
    assert_eq!(here.shop.one::<i64>("select count(*) from refresh_tokens").await, 2);
    let spent = "select count(*) from refresh_tokens where used_at is not null";
    assert_eq!(here.shop.one::<i64>(spent).await, 1);
}

#[tokio::test]
async fn whoever_lost_the_answer_gets_the_same_token_again() {
    let here = Reception::open().await;
    let first = here.welcome("ann@example.com").await;
    let lost = Tokens::of(&here.refresh(&first.refresh).await);
    here.shop.run("update refresh_tokens set used_at = used_at - interval '8 seconds'").await;

    let again = Tokens::of(&here.refresh(&first.refresh).await);

    assert_eq!(again.refresh, lost.refresh);
    assert_eq!(here.refresh(&again.refresh).await.status, 200);
}

#[tokio::test]
async fn a_token_shown_again_later_ends_the_session_for_everybody() {
    let here = Reception::open().await;
    let stolen = here.welcome("ann@example.com").await;
    let owner = Tokens::of(&here.refresh(&stolen.refresh).await);
    here.shop.run("update refresh_tokens set used_at = used_at - interval '11 seconds'").await;

    let thief = here.refresh(&stolen.refresh).await;

    assert_eq!(thief.refusal(), (401, "session_ended"));
    assert_eq!(here.refresh(&owner.refresh).await.refusal(), (401, "session_ended"));
    assert_eq!(here.me(&owner.access).await.refusal(), (401, "sign_in"));
    assert_eq!(here.log_in("ann@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_owner_of_a_stolen_session_is_told_once_however_often_the_token_is_shown() {
    let here = Reception::open().await;
    let stolen = here.welcome("ann@example.com").await;
    here.refresh(&stolen.refresh).await;
    let other = Tokens::of(&here.log_in("ann@example.com", PASSWORD).await);
    here.shop.run("update refresh_tokens set used_at = used_at - interval '11 seconds'").await;

    join_all((0..10).map(|_| here.refresh(&stolen.refresh))).await;

    let told: Vec<_> = here.events().await.into_iter().filter(is_theft).collect();
    let family = "select family from refresh_tokens where used_at is not null";
    let session = here.shop.one::<FamilyId>(family).await;
    let user = here.shop.one::<UserId>("select id from users").await;
    assert_eq!(told, [Event::SessionStolen { user, session }]);
    assert_eq!(here.refresh(&other.refresh).await.status, 200, "another session goes on");
}

#[tokio::test]
async fn a_token_of_a_session_that_was_logged_out_is_no_theft() {
    let here = Reception::open().await;
    let first = here.welcome("ann@example.com").await;
    let second = Tokens::of(&here.refresh(&first.refresh).await);
    here.log_out(&second.access).await;

    for token in [&first.refresh, &second.refresh] {
        assert_eq!(here.refresh(token).await.refusal(), (401, "session_ended"));
    }

    assert!(!here.events().await.iter().any(is_theft));
}

fn is_theft(event: &Event) -> bool {
    matches!(event, Event::SessionStolen { .. })
}

#[tokio::test]
async fn a_token_shown_again_after_its_successor_was_used_ends_the_session() {
    let here = Reception::open().await;
    let first = here.welcome("ann@example.com").await;
    let second = Tokens::of(&here.refresh(&first.refresh).await);
    let third = Tokens::of(&here.refresh(&second.refresh).await);

    assert_eq!(here.refresh(&first.refresh).await.refusal(), (401, "session_ended"));
    assert_eq!(here.refresh(&third.refresh).await.refusal(), (401, "session_ended"));
}

#[tokio::test]
async fn what_was_never_a_token_is_refused_like_one_that_is_good_no_more() {
    let here = Reception::open().await;
    here.welcome("ann@example.com").await;

    for never in ["", "nonsense", &"A".repeat(43), &"A".repeat(10_000), "\0"] {
        assert_eq!(here.refresh(never).await.refusal(), (401, "session_ended"));
    }
    let revoked = "select count(*) from refresh_tokens where revoked_at is not null";
    assert_eq!(here.shop.one::<i64>(revoked).await, 0);
}

#[tokio::test]
async fn a_session_rests_for_seven_days_at_most_and_lives_for_thirty() {
    let here = Reception::open().await;
    let first = here.welcome("ann@example.com").await;
    let as_promised = "select bool_and(expires_at = created_at + interval '7 days'
                                   and family_expires_at = created_at + interval '30 days') from refresh_tokens";
    assert!(here.shop.one::<bool>(as_promised).await);

    // One day before the thirty are over.
    let old = "update refresh_tokens set family_expires_at = now() + interval '1 day', expires_at = now() + interval '1 day'";
    here.shop.run(old).await;
    let second = Tokens::of(&here.refresh(&first.refresh).await);
    let capped = "select count(distinct family_expires_at) = 1 and max(expires_at) = max(family_expires_at) from refresh_tokens";
    assert!(here.shop.one::<bool>(capped).await);

    here.shop.run("update refresh_tokens set expires_at = now()").await;
    assert_eq!(here.refresh(&second.refresh).await.refusal(), (401, "session_ended"));
}

#[tokio::test]
async fn a_closed_account_refreshes_no_more() {
    for column in ["disabled_at", "erased_at"] {
        let here = Reception::open().await;
        let first = here.welcome("ann@example.com").await;
        let second = Tokens::of(&here.refresh(&first.refresh).await);

        here.shop.run(&format!("update users set {column} = now()")).await;

        // The second is fresh; the first would be a repetition.
        for token in [&second.refresh, &first.refresh] {
            assert_eq!(here.refresh(token).await.refusal(), (401, "session_ended"), "{column}");
        }
    }
}

#[tokio::test]
async fn after_a_change_of_epoch_a_refresh_brings_a_token_that_is_good_again() {
    let here = Reception::open().await;
    let first = here.welcome("ann@example.com").await;

    here.shop.run("update users set role = 'staff', token_epoch = token_epoch + 1").await;

    assert_eq!(here.me(&first.access).await.refusal(), (401, "sign_in"));
    let second = Tokens::of(&here.refresh(&first.refresh).await);
    assert_eq!(here.me(&second.access).await.text("/role"), "staff");
}

#[tokio::test]
async fn logging_out_ends_this_session_at_once_and_no_other() {
    let here = Reception::open().await;
    let phone = here.welcome("ann@example.com").await;
    let laptop = Tokens::of(&here.log_in("ann@example.com", PASSWORD).await);
    let bob = here.welcome("bob@example.com").await;

    let answer = here.log_out(&phone.access).await;

    assert_eq!((answer.status, &answer.body), (204, &serde_json::Value::Null));
    assert_eq!(here.me(&phone.access).await.refusal(), (401, "sign_in"));
    assert_eq!(here.log_out(&phone.access).await.status, 401);
    assert_eq!(here.refresh(&phone.refresh).await.refusal(), (401, "session_ended"));
    for other in [laptop, bob] {
        assert_eq!(here.me(&other.access).await.status, 200);
        assert_eq!(here.refresh(&other.refresh).await.status, 200);
    }
}

#[tokio::test]
async fn a_refresh_that_races_a_log_out_does_not_outlive_it() {
    let here = Reception::open().await;
    let first = here.welcome("ann@example.com").await;
    // A refresh as it is done, but for its commit: its successor is a row that the log-out cannot see yet.
    let successor = BASE64_URL_SAFE_NO_PAD.encode([7; 32]);
    let hash = digest(&SHA256, &[7; 32]).as_ref().to_vec();
    let insert = "insert into refresh_tokens (hash, family, user_id, expires_at, family_expires_at)
                  select $1, family, user_id, expires_at, family_expires_at from refresh_tokens";
    here.shop.run("begin").await;
    here.shop.run("update refresh_tokens set used_at = now()").await;
    here.shop.admin.execute(insert, &[&hash]).await.unwrap();

    let (gone, ()) = tokio::join!(here.log_out(&first.access), here.shop.commit_once_awaited());

    assert_eq!(gone.status, 204);
    let alive = "select count(*) from refresh_tokens where revoked_at is null";
    assert_eq!(here.shop.one::<i64>(alive).await, 1, "the log-out has seen the successor");
    assert_eq!(here.refresh(&successor).await.refusal(), (401, "session_ended"));
    assert_eq!(here.me(&first.access).await.refusal(), (401, "sign_in"));
}
