//! What happens while somebody leaves.

use super::{Fixture, PASSWORD};
use serde_json::json;

/// Erases the account in a transaction that stays open until somebody waits for it.
async fn erase_slowly(fixture: &Fixture, user: domain::id::UserId) {
    fixture.shop.run("begin").await;
    let erase = "update users set email = 'erased', email_norm = 'erased', erased_at = now(), token_epoch = token_epoch + 1
                 where id = $1";
    fixture.shop.admin.execute(erase, &[&user]).await.unwrap();
    fixture.shop.admin.query("select forget_sessions_of($1)", &[&user]).await.unwrap();
}

const TRACES: &str =
    "select (select count(*) from refresh_tokens) + (select count(*) from sign_in_places)";

#[tokio::test]
async fn a_log_in_at_the_same_moment_leaves_no_session() {
    let fixture = Fixture::open().await;
    let ann = fixture.join("ann@example.com", "Phone/1").await.user;
    erase_slowly(&fixture, ann.id).await;

    let credentials = json!({"email": "ann@example.com", "password": PASSWORD});
    let log_in =
        fixture.accounts.post("/v1/auth/login", &credentials).header("user-agent", "Phone/1");
    let (answer, ()) =
        tokio::join!(log_in.sent_from("203.0.113.77"), fixture.shop.commit_once_awaited());

    assert_eq!(answer.refusal(), (401, "wrong_credentials"));
    assert_eq!(fixture.shop.one::<i64>(TRACES).await, 0);
}

#[tokio::test]
async fn a_refresh_at_the_same_moment_leaves_no_session() {
    let fixture = Fixture::open().await;
    let ann = fixture.join("ann@example.com", "Phone/1").await;
    erase_slowly(&fixture, ann.user.id).await;

    let (answer, ()) =
        tokio::join!(fixture.refresh(&ann.refresh, "Phone/1"), fixture.shop.commit_once_awaited());

    assert_eq!(answer.refusal(), (401, "session_ended"));
    assert_eq!(fixture.shop.one::<i64>(TRACES).await, 0);
}

#[tokio::test]
async fn an_order_at_the_same_moment_is_refused_or_keeps_its_buyer() {
    let (mut placed, mut left) = (0, 0);
    for round in 0..12 {
        let fixture = Fixture::open().await;
        let ann = fixture.join("ann@example.com", "Phone/1").await.user;
        let order = json!({"note": "of somebody who left"});
        let place = fixture.place(&ann, "a key for this request", order);
        let leave = fixture.erase(ann.id);

        let (order, erased) = if round % 2 == 0 {
            tokio::join!(place, leave)
        } else {
            let (erased, order) = tokio::join!(leave, place);
            (order, erased)
        };

        if erased.status == 200 {
            left += 1;
            assert_eq!(order.refusal(), (401, "sign_in"));
            assert_eq!(fixture.shop.tables_with("of somebody who left").await, [""; 0]);
        } else {
            placed += 1;
            assert_eq!(order.status, 201, "{}", order.body);
            assert_eq!(erased.refusal(), (409, "orders_open"));
        }
        fixture.shop.check_invariants().await;
    }
    assert_eq!(placed + left, 12);
}

#[tokio::test]
async fn an_order_that_waits_while_its_buyer_leaves_is_refused() {
    let fixture = Fixture::open().await;
    let ann = fixture.join("ann@example.com", "Phone/1").await.user;
    // What the transaction of an erasure does until just before its commit.
    fixture.shop.run("begin").await;
    let lock = "select from (select pg_advisory_xact_lock(7003, hashtext($1::uuid::text || 'orders'))) as lock";
    fixture.shop.admin.query(lock, &[&ann.id]).await.unwrap();
    let leave = "update users set token_epoch = token_epoch + 1 where id = $1";
    fixture.shop.admin.execute(leave, &[&ann.id]).await.unwrap();

    let is_awaited =
        "select exists (select from pg_locks where not granted and locktype = 'advisory')";
    let commit = async {
        while !fixture.shop.one::<bool>(is_awaited).await {}
        fixture.shop.run("commit").await;
    };
    let place = fixture.place(&ann, "a key for this request", json!({}));
    let (placed, ()) = tokio::join!(place, commit);

    assert_eq!(placed.refusal(), (401, "sign_in"), "{}", placed.body);
    assert_eq!(fixture.shop.one::<i64>("select count(*) from orders").await, 0);
    let reserved = "select sum(reserved) from products";
    assert_eq!(fixture.shop.one::<i64>(reserved).await, 0);
}

#[tokio::test]
async fn two_who_erase_the_same_account_at_once_both_succeed() {
    let fixture = Fixture::open().await;
    let ann = fixture.join("ann@example.com", "Phone/1").await.user;

    let (own, admin) = tokio::join!(fixture.leave(&ann, PASSWORD), fixture.erase(ann.id));

    assert_eq!(own.status, 204, "{}", own.body);
    assert_eq!(admin.status, 200, "{}", admin.body);
    let epoch = "select token_epoch from users where erased_at is not null";
    assert_eq!(fixture.shop.one::<i32>(epoch).await, 1, "once");
}

#[tokio::test]
async fn two_admins_who_erase_each_other_at_once_leave_one() {
    for _ in 0..5 {
        let fixture = Fixture::open().await;
        let other = fixture.shop.user(domain::accounts::Role::Admin).await;
        let path = format!("/v1/users/{}/erase", fixture.admin.id);
        let back = fixture.accounts.call(axum::http::Method::POST, &path).by(&other);

        let (one, two) = tokio::join!(fixture.erase(other.id), back);

        let won = [&one, &two].iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1, "{one:?} {two:?}");
    }
}

#[tokio::test]
async fn a_checkout_at_the_same_moment_leaves_no_trace() {
    for round in 0..6 {
        let fixture = Fixture::open().await;
        let ann = fixture.join("ann@example.com", "Phone/1").await.user;
        let wish = json!({"note": "of somebody who left"});
        let kept = fixture.checkouts.post("/v1/checkouts", &wish).by(&ann).await;
        let path = format!("/v1/checkouts/{}", kept.text("/id"));
        let note = json!({"note": "again of somebody who left"});
        let change = fixture.checkouts.patch(&path, &note).by(&ann).header("if-match", "*");
        let create = fixture.checkouts.post("/v1/checkouts", &wish).by(&ann);
        let leave = fixture.erase(ann.id);

        let (erased, changed, created) = if round % 2 == 0 {
            let (changed, created, erased) = tokio::join!(change, create, leave);
            (erased, changed, created)
        } else {
            tokio::join!(leave, change, create)
        };

        assert_eq!(erased.status, 200, "{}", erased.body);
        for outcome in [changed, created] {
            assert!([200, 201, 401].contains(&outcome.status), "{}", outcome.body);
        }
        assert_eq!(fixture.shop.tables_with("of somebody who left").await, [""; 0]);
    }
}
