//! Who may leave, and when.

use super::{Fixture, PASSWORD};
use axum::http::Method;
use domain::id::UserId;
use serde_json::{Value, json};
use testkit::{Order, Product};

#[tokio::test]
async fn whoever_leaves_is_out_at_once_and_may_come_back_as_somebody_new() {
    let fixture = Fixture::open().await;
    let ann = fixture.join("ann@example.com", "Phone/1").await;
    let other = fixture.log_in("ann@example.com", "Laptop/1").await;
    let me = || fixture.accounts.get("/v1/me").by(&other.user);
    let wrong = fixture.leave(&ann.user, "not the password").await;
    assert_eq!(wrong.refusal(), (403, "wrong_password"));
    assert_eq!(me().await.status, 200);

    let left = fixture.leave(&ann.user, PASSWORD).await;

    assert_eq!((left.status, &left.body), (204, &Value::Null));
    for _ in 0..2 {
        assert_eq!(fixture.leave(&ann.user, PASSWORD).await.status, 204, "again changes nothing");
    }
    let stranger = fixture.accounts.post("/v1/me/erase", &json!({"current": PASSWORD}));
    assert_eq!(stranger.await.refusal(), (401, "sign_in"));
    assert_eq!(me().await.refusal(), (401, "sign_in"));
    for token in [&ann.refresh, &other.refresh] {
        assert_eq!(fixture.refresh(token, "Phone/1").await.refusal(), (401, "session_ended"));
    }
    let credentials = json!({"email": "ann@example.com", "password": PASSWORD});
    let refused = fixture.accounts.post("/v1/auth/login", &credentials).await;
    assert_eq!(refused.refusal(), (401, "wrong_credentials"));
    let placed = fixture.place(&ann.user, "a key for this request", json!({})).await;
    assert_eq!(placed.refusal(), (401, "sign_in"));

    let back = fixture.join("ann@example.com", "Phone/1").await;
    assert_ne!(back.user.id, ann.user.id);
    assert_eq!(me().await.refusal(), (401, "sign_in"));
    assert_eq!(fixture.leave(&ann.user, PASSWORD).await.status, 204);
    assert_eq!(fixture.accounts.get("/v1/me").by(&back.user).await.status, 200, "somebody else");
}

#[tokio::test]
async fn an_admin_erases_whoever_asks_for_it_and_nothing_brings_the_account_back() {
    let fixture = Fixture::open().await;
    let ann = fixture.join("ann@example.com", "Phone/1").await.user;

    let erased = fixture.erase(ann.id).await;

    assert_eq!(erased.status, 200, "{}", erased.body);
    assert_eq!(erased.text("/email"), format!("erased {}", ann.id));
    assert!(erased.body["erased_at"].is_string(), "{}", erased.body);
    assert_eq!(fixture.erase(ann.id).await.body, erased.body, "again changes nothing");
    let call = |method, action: &str| {
        fixture.accounts.call(method, &format!("/v1/users/{}/{action}", ann.id)).by(&fixture.admin)
    };
    for call in [
        call(Method::POST, "disable"),
        call(Method::POST, "enable"),
        call(Method::PUT, "role").json(&json!({"role": "admin"})),
    ] {
        assert_eq!(call.await.refusal(), (409, "account_erased"));
    }
    assert_eq!(fixture.erase(UserId::generate()).await.refusal(), (404, "user_not_found"));
    let path = format!("/v1/users/{}/erase", fixture.admin.id);
    let by_staff = fixture.accounts.call(Method::POST, &path).by(&fixture.staff).await;
    assert_eq!(by_staff.refusal(), (403, "wrong_role"));
}

#[tokio::test]
async fn the_last_admin_stays() {
    let fixture = Fixture::open().await;

    assert_eq!(fixture.erase(fixture.admin.id).await.refusal(), (409, "last_admin"));

    assert_eq!(fixture.erase(fixture.staff.id).await.status, 200, "staff may leave");
    let erased = "select count(*) from users where erased_at is not null";
    assert_eq!(fixture.shop.one::<i64>(erased).await, 1);
}

/// The account of an order in this status, after a statement that changes its order `$order` or payment `$payment`; why it
/// cannot be erased; and a statement that settles that.
const OPEN: [(&str, &str, &str, &str); 6] = [
    (
        "pending",
        "",
        "unpaid",
        "update orders set status = 'cancelled', cancelled_at = now(), cancel_reason = 'requested', expires_at = null",
    ),
    (
        "confirmed",
        "",
        "unshipped",
        "update orders set status = 'shipped', shipped_at = now(), carrier = 'DHL'",
    ),
    (
        "shipped",
        "insert into refunds (id, payment_id, amount_minor, status, origin)
         select gen_random_uuid(), id, 100, 'requested', 'api' from payments",
        "refund_open",
        "update refunds set status = 'failed'",
    ),
    (
        "shipped",
        "insert into disputes (id, payment_id, provider_dispute, amount_minor, currency, reason, status, told_at)
         select gen_random_uuid(), id, 'dp_1', 1250, 'EUR', 'fraudulent', 'needs_response', now() from payments",
        "dispute_open",
        "update disputes set status = 'won', closed_at = now()",
    ),
    (
        "cancelled",
        "insert into payments (id, order_id, currency, amount_minor, status, provider_pi)
         select gen_random_uuid(), id, 'EUR', 1250, 'processing', 'pi_1' from orders",
        "payment_open",
        "update payments set status = 'canceled'",
    ),
    (
        "shipped",
        "insert into returns (id, order_id, status) select gen_random_uuid(), id, 'requested' from orders",
        "return_open",
        "update returns set status = 'rejected', decided_at = now()",
    ),
];

#[tokio::test]
async fn an_order_that_is_not_settled_keeps_its_buyer_and_is_named() {
    for (status, open, reason, settle) in OPEN {
        let fixture = Fixture::open().await;
        let ann = fixture.join("ann@example.com", "Phone/1").await.user;
        let product = fixture.shop.product(Product::any()).await;
        let order = fixture.shop.order_in(status, &ann, Order { product, quantity: 1 }).await;
        if !open.is_empty() {
            fixture.shop.run(open).await;
        }

        for refused in [fixture.leave(&ann, PASSWORD).await, fixture.erase(ann.id).await] {
            assert_eq!(refused.refusal(), (409, "orders_open"), "{reason}");
            assert_eq!(refused.body["orders"], json!([{"order": order, "reason": reason}]));
        }
        assert_eq!(fixture.accounts.get("/v1/me").by(&ann).await.text("/email"), ann.email);

        fixture.shop.run(settle).await;
        assert_eq!(fixture.leave(&ann, PASSWORD).await.status, 204, "{reason}");
    }
}

/// The functions' role has no other way to delete what is of a person.
#[tokio::test]
async fn of_an_account_that_is_not_erased_nothing_is_deleted() {
    let fixture = Fixture::open().await;
    let ann = fixture.join("ann@example.com", "Phone/1").await.user;
    fixture.place(&ann, "a key for this request", json!({})).await;
    let before = fixture.shop.snapshot().await;
    let role = fixture.shop.connect_as_app_rw().await;

    for function in [
        "forget_sessions_of",
        "forget_idempotency_keys_of",
        "forget_reasons_of",
        "forget_discounts_of",
    ] {
        let sql = format!("select {function}($1)");
        assert_eq!(role.query_one(&sql, &[&ann.id]).await.unwrap().get::<_, i64>(0), 0);
    }

    assert_eq!(fixture.shop.snapshot().await, before);
}
