use super::{Fixture, PASSWORD, Tokens};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::id::{FamilyId, UserId};
use domain::outbox::Event;
use futures_util::future::join_all;
use std::collections::HashSet;

#[tokio::test]
async fn a_refresh_token_buys_new_tokens_that_are_good() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;

    let second = Tokens::of(&fixture.refresh(&first.refresh).await);
    let third = Tokens::of(&fixture.refresh(&second.refresh).await);

    assert_eq!(fixture.me(&third.access).await.status, 200);
    assert_eq!(HashSet::from([&first.refresh, &second.refresh, &third.refresh]).len(), 3);
}

#[tokio::test]
async fn twenty_refreshes_at_once_leave_one_successor() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;

    let answers = join_all((0..20).map(|_| fixture.refresh(&first.refresh))).await;

    let successors: HashSet<_> = answers.iter().map(|answer| Tokens::of(answer).refresh).collect();
    assert_eq!(successors.len(), 1);
    assert_eq!(fixture.shop.one::<i64>("select count(*) from refresh_tokens").await, 2);
    let spent = "select count(*) from refresh_tokens where used_at is not null";
    assert_eq!(fixture.shop.one::<i64>(spent).await, 1);
}

#[tokio::test]
async fn whoever_lost_the_answer_gets_the_same_token_again() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;
    let lost = Tokens::of(&fixture.refresh(&first.refresh).await);

    for later in ["12 seconds", "6 days"] {
        pass(&fixture, later).await;
        let again = Tokens::of(&fixture.refresh(&first.refresh).await);
        assert_eq!(again.refresh, lost.refresh, "{later}");
    }

    assert_eq!(fixture.refresh(&lost.refresh).await.status, 200);
    assert!(!fixture.events().await.iter().any(is_theft));
}

#[tokio::test]
async fn a_token_shown_again_later_ends_the_session_for_everybody() {
    let fixture = Fixture::new().await;
    let stolen = fixture.register_and_log_in("ann@example.com").await;
    let owner = Tokens::of(&fixture.refresh(&stolen.refresh).await);
    let owner = Tokens::of(&fixture.refresh(&owner.refresh).await);
    pass(&fixture, "11 seconds").await;

    let thief = fixture.refresh(&stolen.refresh).await;

    assert_eq!(thief.refusal(), (401, "session_ended"));
    assert_eq!(fixture.refresh(&owner.refresh).await.refusal(), (401, "session_ended"));
    assert_eq!(fixture.me(&owner.access).await.refusal(), (401, "sign_in"));
    assert_eq!(fixture.log_in("ann@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_owner_of_a_stolen_session_is_told_once_however_often_the_token_is_shown() {
    let fixture = Fixture::new().await;
    let stolen = fixture.register_and_log_in("ann@example.com").await;
    let owner = Tokens::of(&fixture.refresh(&stolen.refresh).await);
    fixture.refresh(&owner.refresh).await;
    let other = Tokens::of(&fixture.log_in("ann@example.com", PASSWORD).await);
    pass(&fixture, "11 seconds").await;

    join_all((0..10).map(|_| fixture.refresh(&stolen.refresh))).await;

    let thefts: Vec<_> = fixture.events().await.into_iter().filter(is_theft).collect();
    let family = "select distinct family from refresh_tokens where used_at is not null";
    let session = fixture.shop.one::<FamilyId>(family).await;
    let user = fixture.shop.one::<UserId>("select id from users").await;
    assert_eq!(thefts, [Event::SessionStolen { user, session }]);
    assert_eq!(fixture.refresh(&other.refresh).await.status, 200, "another session goes on");
}

#[tokio::test]
async fn a_token_of_a_session_that_was_logged_out_is_no_theft() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;
    let second = Tokens::of(&fixture.refresh(&first.refresh).await);
    fixture.log_out(&second.access).await;

    for token in [&first.refresh, &second.refresh] {
        assert_eq!(fixture.refresh(token).await.refusal(), (401, "session_ended"));
    }

    assert!(!fixture.events().await.iter().any(is_theft));
}

/// As if the tokens had been used that much earlier.
pub(super) async fn pass(fixture: &Fixture, time: &str) {
    let earlier = format!("update refresh_tokens set used_at = used_at - interval '{time}'");
    fixture.shop.run(&earlier).await;
}

pub(super) fn is_theft(event: &Event) -> bool {
    matches!(event, Event::SessionStolen { .. })
}

#[tokio::test]
async fn a_late_tab_is_refused_and_the_others_go_on() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;
    let second = Tokens::of(&fixture.refresh(&first.refresh).await);
    // The tabs were in the background, and wake up together.
    pass(&fixture, "1 hour").await;
    let third = Tokens::of(&fixture.refresh(&second.refresh).await);

    assert_eq!(fixture.refresh(&first.refresh).await.refusal(), (401, "token_replaced"));
    assert_eq!(fixture.me(&third.access).await.status, 200);
    let fourth = Tokens::of(&fixture.refresh(&third.refresh).await);
    assert_eq!(fixture.refresh(&first.refresh).await.refusal(), (401, "token_replaced"));
    assert_eq!(fixture.refresh(&fourth.refresh).await.status, 200);
    assert!(!fixture.events().await.iter().any(is_theft));
}

#[tokio::test]
async fn a_spent_token_whose_successor_has_expired_is_no_theft() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;
    fixture.refresh(&first.refresh).await;
    fixture.shop.run("update refresh_tokens set expires_at = now()").await;
    pass(&fixture, "8 days").await;

    assert_eq!(fixture.refresh(&first.refresh).await.refusal(), (401, "session_ended"));
    assert!(!fixture.events().await.iter().any(is_theft));
}

#[tokio::test]
async fn what_was_never_a_token_is_refused_like_one_that_is_good_no_more() {
    let fixture = Fixture::new().await;
    fixture.register_and_log_in("ann@example.com").await;

    for unknown in ["", "nonsense", &"A".repeat(43), &"A".repeat(10_000), "\0"] {
        assert_eq!(fixture.refresh(unknown).await.refusal(), (401, "session_ended"));
    }
    let revoked = "select count(*) from refresh_tokens where revoked_at is not null";
    assert_eq!(fixture.shop.one::<i64>(revoked).await, 0);
}

#[tokio::test]
async fn a_session_rests_for_seven_days_at_most_and_lives_for_thirty() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;
    let as_promised = "select bool_and(expires_at = created_at + interval '7 days'
                                   and family_expires_at = created_at + interval '30 days') from refresh_tokens";
    assert!(fixture.shop.one::<bool>(as_promised).await);

    // One day before the session's 30 days are over.
    let old = "update refresh_tokens set family_expires_at = now() + interval '1 day', expires_at = now() + interval '1 day'";
    fixture.shop.run(old).await;
    let second = Tokens::of(&fixture.refresh(&first.refresh).await);
    let capped = "select count(distinct family_expires_at) = 1 and max(expires_at) = max(family_expires_at) from refresh_tokens";
    assert!(fixture.shop.one::<bool>(capped).await);

    fixture.shop.run("update refresh_tokens set expires_at = now()").await;
    assert_eq!(fixture.refresh(&second.refresh).await.refusal(), (401, "session_ended"));
}

#[tokio::test]
async fn a_closed_account_refreshes_no_more() {
    for column in ["disabled_at", "erased_at"] {
        let fixture = Fixture::new().await;
        let first = fixture.register_and_log_in("ann@example.com").await;
        let second = Tokens::of(&fixture.refresh(&first.refresh).await);

        fixture.shop.run(&format!("update users set {column} = now()")).await;

        // The second token is unused; the first was used, so its refresh would be a repetition.
        for token in [&second.refresh, &first.refresh] {
            assert_eq!(fixture.refresh(token).await.refusal(), (401, "session_ended"), "{column}");
        }
    }
}

#[tokio::test]
async fn after_a_change_of_epoch_a_refresh_brings_a_token_that_is_good_again() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;

    fixture.shop.run("update users set role = 'staff', token_epoch = token_epoch + 1").await;

    assert_eq!(fixture.me(&first.access).await.refusal(), (401, "sign_in"));
    let second = Tokens::of(&fixture.refresh(&first.refresh).await);
    assert_eq!(fixture.me(&second.access).await.text("/role"), "staff");
}

#[tokio::test]
async fn logging_out_ends_this_session_at_once_and_no_other() {
    let fixture = Fixture::new().await;
    let phone = fixture.register_and_log_in("ann@example.com").await;
    let laptop = Tokens::of(&fixture.log_in("ann@example.com", PASSWORD).await);
    let bob = fixture.register_and_log_in("bob@example.com").await;

    let answer = fixture.log_out(&phone.access).await;

    assert_eq!((answer.status, &answer.body), (204, &serde_json::Value::Null));
    assert_eq!(fixture.me(&phone.access).await.refusal(), (401, "sign_in"));
    assert_eq!(fixture.log_out(&phone.access).await.status, 401);
    assert_eq!(fixture.refresh(&phone.refresh).await.refusal(), (401, "session_ended"));
    for other in [laptop, bob] {
        assert_eq!(fixture.me(&other.access).await.status, 200);
        assert_eq!(fixture.refresh(&other.refresh).await.status, 200);
    }
}

/// A refresh before its commit: nobody else can see the row of its successor yet, which is returned.
async fn begin_refresh(fixture: &Fixture) -> String {
    let hash = digest(&SHA256, &[7; 32]).as_ref().to_vec();
    let insert = "insert into refresh_tokens (hash, family, user_id, expires_at, family_expires_at)
                  select $1, family, user_id, expires_at, family_expires_at from refresh_tokens";
    fixture.shop.run("begin").await;
    fixture.shop.run("update refresh_tokens set used_at = now()").await;
    fixture.shop.admin.execute(insert, &[&hash]).await.unwrap();
    BASE64_URL_SAFE_NO_PAD.encode([7; 32])
}

#[tokio::test]
async fn a_refresh_that_races_a_new_password_does_not_outlive_it() {
    let fixture = Fixture::new().await;
    fixture.open_account("ann@example.com").await;
    fixture.log_in("ann@example.com", PASSWORD).await;
    fixture.forgot("ann@example.com").await;
    let link = fixture.mailed_links().await.pop().unwrap();
    let successor = begin_refresh(&fixture).await;

    let (reset, ()) = tokio::join!(
        fixture.reset(&link, "other words are fine too"),
        fixture.shop.commit_once_awaited()
    );

    assert_eq!(reset.status, 204, "{}", reset.body);
    let alive = "select count(*) from refresh_tokens where revoked_at is null";
    assert_eq!(
        fixture.shop.one::<i64>(alive).await,
        1,
        "the successor was seen: there was no race"
    );
    assert_eq!(fixture.refresh(&successor).await.refusal(), (401, "session_ended"));
}

#[tokio::test]
async fn a_refresh_that_races_a_log_out_does_not_outlive_it() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;
    let successor = begin_refresh(&fixture).await;

    let (gone, ()) =
        tokio::join!(fixture.log_out(&first.access), fixture.shop.commit_once_awaited());

    assert_eq!(gone.status, 204);
    let alive = "select count(*) from refresh_tokens where revoked_at is null";
    assert_eq!(
        fixture.shop.one::<i64>(alive).await,
        1,
        "the log-out saw the successor: there was no race"
    );
    assert_eq!(fixture.refresh(&successor).await.refusal(), (401, "session_ended"));
    assert_eq!(fixture.me(&first.access).await.refusal(), (401, "sign_in"));
}
