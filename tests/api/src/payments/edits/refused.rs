//! Edits that are refused, and change nothing.

use super::{Edits, body, edit, fresh_key};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::{Order, Product};

#[tokio::test]
async fn bad_input_is_refused_where_it_stands_and_nothing_changes() {
    let edits = Edits::open().await;
    let dollars = Product { currency: "USD", ..Product::any() };
    let dollars = edits.fixture.shop.product(dollars).await;
    let draft = edits.fixture.shop.product(Product { status: "draft", ..Product::any() }).await;
    let before = edits.fixture.shop.snapshot().await;
    let (mug, cup) = (edits.mug, edits.cup);
    let bodies: [(Value, (u16, &str)); 10] = [
        (json!({}), (400, "bad_body")),
        (body(&[], 0), (422, "invalid_value")),
        (body(&[(mug, 0)], 0), (422, "invalid_value")),
        (body(&[(mug, -1)], 0), (422, "invalid_value")),
        (body(&[(mug, 1001)], 0), (422, "invalid_value")),
        (body(&[(mug, 11)], 13_750), (409, "out_of_stock")),
        (body(&[(mug, 1), (cup, 1)], 1751), (409, "total_changed")),
        (body(&[(mug, 1), (dollars, 1)], 2500), (422, "mixed_currencies")),
        (body(&[(dollars, 1)], 1250), (422, "mixed_currencies")),
        (body(&[(draft, 1)], 1250), (422, "not_for_sale")),
    ];

    for (body, expected) in bodies {
        let call = edit(&edits.fixture.api, edits.order, &body).by(&edits.fixture.buyer);
        let refused = call.header("if-match", "*").key(&fresh_key()).await;
        assert_eq!(refused.refusal(), expected, "{body}");
    }

    let changed = edits.edit(&[(mug, 1)], 1).await;
    assert_eq!(changed.body["total"], json!({"amount": 1250, "currency": "EUR"}));
    assert_eq!(changed.body["bill"]["lines"][0]["quantity"], 1);
    assert_eq!(edits.fixture.shop.snapshot().await, before);
}

#[tokio::test]
async fn an_edit_names_the_version_that_was_read_and_a_key() {
    let edits = Edits::open().await;
    let before = edits.fixture.shop.snapshot().await;
    let call = || {
        let call = edit(&edits.fixture.api, edits.order, &body(&[(edits.mug, 1)], 1250));
        call.by(&edits.fixture.buyer)
    };

    let keyless = call().header("if-match", "*").await;
    let blind = call().key(&fresh_key()).await;
    let stale = call().header("if-match", "\"v7\"").key(&fresh_key()).await;

    assert_eq!(keyless.refusal(), (400, "idempotency_key_required"));
    assert_eq!(blind.refusal(), (428, "precondition_required"));
    assert_eq!(stale.refusal(), (412, "stale"));
    assert_eq!(edits.fixture.shop.snapshot().await, before);
    let seen = call().header("if-match", "\"v1\"").key(&fresh_key()).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
}

#[tokio::test]
async fn an_order_that_is_paid_shipped_or_cancelled_stays_as_it_is_also_for_staff() {
    let mut edits = Edits::open().await;
    let staff = edits.fixture.shop.staff().await;
    for status in ["confirmed", "shipped", "cancelled"] {
        let line = Order { product: edits.mug, quantity: 1 };
        edits.order = edits.fixture.shop.order_in(status, &edits.fixture.buyer, line).await;
        let before = edits.fixture.shop.snapshot().await;
        for who in [&edits.fixture.buyer, &staff] {
            let refused = edits.edit_by(who, &[(edits.cup, 1)], 500).await;

            assert_eq!(refused.refusal(), (409, "order_not_changeable"), "{status}");
            assert_eq!(refused.body["order_status"], status);
        }
        assert_eq!(edits.fixture.shop.snapshot().await, before);
    }
}

#[tokio::test]
async fn an_order_that_is_about_to_end_is_not_edited_and_an_edit_gives_no_more_time() {
    let edits = Edits::open().await;
    let left = "select extract(epoch from expires_at)::text from orders";
    let before: String = edits.fixture.shop.one(left).await;
    assert_eq!(edits.edit(&[(edits.mug, 1)], 1250).await.status, 200);
    assert_eq!(edits.fixture.shop.one::<String>(left).await, before);

    edits.fixture.shop.run("update orders set expires_at = now() - interval '1 second'").await;
    let due = edits.edit(&[(edits.mug, 2)], 2500).await;
    edits.fixture.shop.run("update orders set expires_at = now() + interval '9 minutes'").await;
    edits.fixture.pay(edits.order).await;
    let cancel = format!("/v1/orders/{}/cancel", edits.order);
    let orders = edits.fixture.orders_api();
    let asked = orders.call(Method::POST, &cancel).by(&edits.fixture.buyer).await;
    let ending = edits.edit(&[(edits.mug, 2)], 2500).await;

    assert_eq!(due.refusal(), (409, "order_ending"));
    assert_eq!((asked.status, ending.refusal()), (202, (409, "order_ending")));
    assert_eq!(edits.edits().await, 1);
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_edit_makes_no_order_over_nothing_and_none_that_cannot_be_charged() {
    let edits = Edits::open().await;
    edits.fixture.shop.run("update products set price_minor = 0 where sku = 'CUP'").await;
    let penny = edits.fixture.shop.product(Product { price: 1, ..Product::any() }).await;

    let nothing = edits.edit(&[(edits.cup, 1)], 0).await;
    let too_little = edits.edit(&[(penny, 1)], 1).await;

    assert_eq!(nothing.refusal(), (422, "total_too_small"));
    assert_eq!(nothing.body["least"], json!({"amount": 50, "currency": "EUR"}));
    assert_eq!(too_little.refusal(), (422, "total_too_small"));
    assert_eq!(edits.state().await, "pending 2500 0 | 2 MUG");
    edits.fixture.shop.check_invariants().await;
}
