//! What an order consists of after an edit, and who may make one.

use super::{Edits, body, edit, fresh_key};
use crate::payments::Fixture;
use domain::accounts::Role;
use domain::id::ProductId;
use serde_json::json;
use testkit::Order;

#[tokio::test]
async fn an_edit_replaces_the_lines_and_the_total_and_the_stock_follow() {
    let edits = Edits::open().await;

    let edited = edits.edit(&[(edits.mug, 3), (edits.cup, 1)], 4250).await;

    assert_eq!(edited.status, 200, "{}", edited.body);
    let euros = |amount| json!({"amount": amount, "currency": "EUR"});
    assert_eq!(edited.body["order"], json!(edits.order));
    assert_eq!((&edited.body["total_before"], &edited.body["total"]), (&euros(2500), &euros(4250)));
    assert_eq!(edited.body["lines"].as_array().map(Vec::len), Some(2));
    assert_eq!(edits.state().await, "pending 4250 0 | 1 CUP, 3 MUG");
    assert_eq!(edits.reserved().await, (3, 1));

    let fewer = edits.edit(&[(edits.cup, 2)], 1000).await;

    assert_eq!(fewer.status, 200, "{}", fewer.body);
    assert_eq!(edits.state().await, "pending 1000 0 | 2 CUP");
    assert_eq!(edits.reserved().await, (0, 2));
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn every_edit_stands_in_the_history_and_moves_name_it() {
    let edits = Edits::open().await;
    let staff = edits.fixture.shop.staff().await;

    edits.edit(&[(edits.mug, 1)], 1250).await;
    edits.edit_by(&staff, &[(edits.mug, 1), (edits.cup, 1)], 1750).await;

    let orders = edits.fixture.orders_api();
    let path = format!("/v1/orders/{}/events", edits.order);
    let (to_buyer, to_staff) =
        (orders.get(&path).by(&edits.fixture.buyer).await, orders.get(&path).by(&staff).await);
    let euros = |amount| json!({"amount": amount, "currency": "EUR"});
    let events = to_staff.body["data"].as_array().unwrap();
    let said: Vec<_> =
        events.iter().map(|event| (event["type"].as_str().unwrap(), &event["data"])).collect();
    assert_eq!(
        said[1..],
        [
            ("order_lines_edited", &json!({"total_before": euros(2500), "total": euros(1250)})),
            ("order_lines_edited", &json!({"total_before": euros(1250), "total": euros(1750)})),
        ]
    );
    assert_eq!(events[1]["actor"], json!(edits.fixture.buyer.id));
    assert_eq!(events[2]["actor"], json!(staff.id));
    assert_eq!(to_buyer.body["data"].as_array().map(Vec::len), Some(3));
    let moves = "select string_agg(concat(p.sku, ' ', reserved_delta, split_part(source_id, ':', 2)), ', ' order by move_id)
                 from stock_moves join products p on p.id = product_id where source = 'order_edited'";
    assert_eq!(edits.fixture.shop.one::<String>(moves).await, "MUG -11, CUP 12");
    let audited =
        "select string_agg(entity_type || ' ' || action, ', ' order by seq) from audit_log";
    let audited = edits.fixture.shop.one::<String>(audited).await;
    assert!(
        audited.contains("order_edit created") && audited.contains("order changed"),
        "{audited}"
    );
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_line_that_does_not_grow_keeps_its_price_and_needs_no_product_for_sale() {
    let edits = Edits::open().await;
    edits.fixture.shop.run("update products set price_minor = 2000 where sku = 'MUG'").await;

    let fewer = edits.edit(&[(edits.mug, 1)], 1250).await;
    assert_eq!(fewer.status, 200, "{}", fewer.body);
    let more = edits.edit(&[(edits.mug, 2)], 4000).await;
    assert_eq!(more.status, 200, "{}", more.body);
    edits.fixture.shop.run("update products set status = 'archived' where sku = 'MUG'").await;
    let kept = edits.edit(&[(edits.mug, 2), (edits.cup, 1)], 4500).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    let grown = edits.edit(&[(edits.mug, 3), (edits.cup, 1)], 6500).await;
    assert_eq!(grown.refusal(), (422, "not_for_sale"));
    let gone = edits.edit(&[(edits.cup, 1)], 500).await;
    assert_eq!(gone.status, 200, "{}", gone.body);

    assert_eq!(edits.state().await, "pending 500 0 | 1 CUP");
    assert_eq!(edits.reserved().await, (0, 1));
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_the_order_has_is_available_to_it_and_nothing_beyond_that() {
    let edits = Edits::open().await;
    edits.fixture.shop.run("update products set on_hand = 5 where sku = 'MUG'").await;
    edits.fixture.shop.run("update stock_moves set on_hand_delta = 5 where source = 'created' and product_id = (select id from products where sku = 'MUG')").await;

    let too_many = edits.edit(&[(edits.mug, 6)], 7500).await;
    let all = edits.edit(&[(edits.mug, 5)], 6250).await;

    assert_eq!(too_many.refusal(), (409, "out_of_stock"));
    assert_eq!(too_many.body["lines"][0]["available"], 5);
    assert_eq!(all.status, 200, "{}", all.body);
    assert_eq!(edits.fixture.shop.stock(edits.mug).await, (5, 5));
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_repeated_edit_is_one_and_one_that_changes_nothing_is_none() {
    let edits = Edits::open().await;
    let key = fresh_key();
    let call = |cents| {
        let call = edit(&edits.fixture.api, edits.order, &body(&[(edits.mug, 3)], cents));
        call.by(&edits.fixture.buyer).header("if-match", "*").key(&key)
    };

    let first = call(3750).await;
    let again = call(3750).await;
    let other = call(3751).await;
    let version = "select version from orders";
    let before: i64 = edits.fixture.shop.one(version).await;
    let same = edits.edit(&[(edits.mug, 3)], 3750).await;

    assert_eq!((first.status, &first.bytes), (again.status, &again.bytes));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(other.refusal(), (422, "idempotency_key_reused"));
    assert_eq!((same.status, &same.body["total_before"]), (200, &same.body["total"]));
    assert_eq!(edits.fixture.shop.one::<i64>(version).await, before);
    assert_eq!(edits.edits().await, 1);
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_a_buyer_without_a_proven_address_may_hold_counts_their_other_orders_only() {
    let fixture = Fixture::open().await;
    let buyer = fixture.shop.unproven_customer().await;
    let edits = Edits::on(Fixture { buyer: buyer.clone(), ..fixture }).await;
    edits.fixture.shop.run("update products set on_hand = 100").await;
    edits
        .fixture
        .shop
        .run("update stock_moves set on_hand_delta = 100 where source = 'created'")
        .await;
    edits.fixture.shop.order(&buyer, Order { product: edits.mug, quantity: 5 }).await;
    let staff = edits.fixture.shop.staff().await;

    let too_many = edits.edit(&[(edits.mug, 16)], 20_000).await;
    let most = edits.edit(&[(edits.mug, 15)], 18_750).await;
    let by_staff = edits.edit_by(&staff, &[(edits.mug, 16)], 20_000).await;

    assert_eq!(too_many.refusal(), (409, "too_many_unpaid_pieces"));
    assert_eq!(
        (&too_many.body["product"], &too_many.body["most"]),
        (&json!(edits.mug), &json!(20))
    );
    assert_eq!(most.status, 200, "{}", most.body);
    assert_eq!(by_staff.status, 200, "{}", by_staff.body);
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn nobody_else_edits_an_order_and_nothing_tells_them_that_it_exists() {
    let edits = Edits::open().await;
    let before = edits.fixture.shop.snapshot().await;
    let stranger = edits.fixture.shop.user(Role::Customer).await;
    let nowhere =
        edit(&edits.fixture.api, domain::id::OrderId::generate(), &body(&[(edits.mug, 1)], 1250));

    let strangers = edits.edit_by(&stranger, &[(edits.mug, 1)], 1250).await;
    let nowhere = nowhere.by(&stranger).header("if-match", "*").key(&fresh_key()).await;

    assert_eq!(strangers.refusal(), (404, "order_not_found"));
    assert_eq!(nowhere.refusal(), (404, "order_not_found"));
    let after = edits.fixture.shop.snapshot().await;
    assert_eq!(after["orders"], before["orders"]);
    assert_eq!(after["products"], before["products"]);
    let unknown = edits.edit(&[(ProductId::generate(), 1)], 1250).await;
    assert_eq!(unknown.refusal(), (422, "not_for_sale"));
}
