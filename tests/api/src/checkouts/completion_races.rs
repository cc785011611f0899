//! What happens to a checkout at the moment in which it becomes an order.

use super::{Fixture, cents, lines, with};
use domain::id::ProductId;
use serde_json::json;
use testkit::{Call, Discount, Product, Response, send_all};

/// Status and code of each response, sorted.
fn outcomes(responses: &[Response]) -> Vec<(u16, &str)> {
    let mut outcomes: Vec<_> = responses.iter().map(Response::refusal).collect();
    outcomes.sort_unstable();
    outcomes
}

#[tokio::test]
async fn fifty_twins_under_one_key_place_one_order() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1000).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
    let complete = || fixture.complete_as_seen(&buyer, &checkout, "\"v1\"", 1000);

    let answers = send_all((0..50).map(|_| complete().key("the key of this order"))).await;

    assert_eq!(outcomes(&answers), [(201, ""); 50]);
    let replayed = answers.iter().filter(|one| one.header("idempotent-replayed").is_some());
    assert_eq!((replayed.count(), fixture.orders_count().await), (49, 1));
    assert!(answers.iter().all(|one| one.bytes == answers[0].bytes));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn of_twenty_tabs_one_places_the_order_and_the_others_find_it() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1000).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;

    let answers = send_all((0..20).map(|_| fixture.complete(&buyer, &checkout, 1000))).await;

    let mut expected = [(200, ""); 20];
    expected[19].0 = 201;
    assert_eq!(outcomes(&answers), expected);
    assert!(answers.iter().all(|one| one.body["id"] == answers[0].body["id"]));
    assert_eq!((fixture.orders_count().await, fixture.shop.stock(mug).await), (1, (10, 1)));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn the_end_of_a_checkout_and_its_order_do_not_mix() {
    let fixture = Fixture::open().await;
    let mug = fixture.shop.product(Product { stock: 100, price: 1000, ..Product::any() }).await;
    for _ in 0..5 {
        let buyer = fixture.shop.customer().await;
        let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;

        let calls = [fixture.complete(&buyer, &checkout, 1000), fixture.cancel(&buyer, &checkout)];
        let answers = send_all(calls).await;

        let told = [answers[0].refusal(), answers[1].refusal()];
        let completed = [(201, ""), (409, "checkout_completed")];
        let cancelled = [(409, "checkout_over"), (200, "")];
        assert!([completed, cancelled].contains(&told), "{told:?}");
        let status = fixture.show(&buyer, &checkout).await;
        let expected = if told == completed { "completed" } else { "cancelled" };
        assert_eq!(status.text("/status"), expected);
    }
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_change_and_the_order_do_not_mix() {
    let fixture = Fixture::open().await;
    let mug = fixture.shop.product(Product { stock: 100, price: 1000, ..Product::any() }).await;
    for n in 0..5 {
        let buyer = fixture.shop.customer().await;
        let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
        let key = format!("the key of order {n}");
        let complete = fixture.complete_as_seen(&buyer, &checkout, "\"v1\"", 1000).key(&key);
        let change = fixture.api.patch(&checkout, &json!({"note": "Ring twice"})).by(&buyer);

        let answers = send_all([complete, change.header("if-match", "\"v1\"")]).await;

        let told = [answers[0].refusal(), answers[1].refusal()];
        let completed = [(201, ""), (409, "checkout_completed")];
        let changed = [(412, "stale"), (200, "")];
        assert!([completed, changed].contains(&told), "{told:?}");
    }
    fixture.shop.check_invariants().await;
}

/// The product is locked by somebody who changes its price: what counts is the price under the lock.
#[tokio::test]
async fn a_price_that_is_raised_while_the_order_waits_for_the_product_counts() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1000).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
    let mut staff = fixture.shop.connect_as_app_rw().await;
    let raise = staff.transaction().await.unwrap();
    raise.execute("update products set price_minor = 1100", &[]).await.unwrap();

    let complete = tokio::spawn(fixture.complete(&buyer, &checkout, 1000).into_future());
    let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
    while fixture.shop.one::<i64>(waits).await == 0 {
        tokio::task::yield_now().await;
    }
    raise.commit().await.unwrap();
    let refused = complete.await.unwrap();

    assert_eq!(refused.refusal(), (409, "total_changed"), "{}", refused.body);
    assert_eq!((cents(&refused, "/bill/total"), fixture.shop.stock(mug).await), (1100, (10, 0)));
    assert_eq!(fixture.show(&buyer, &checkout).await.text("/status"), "open");
}

#[tokio::test]
async fn a_code_for_three_orders_is_used_by_three_of_twelve_and_the_others_may_buy_without_it() {
    let fixture = Fixture::open().await;
    let mug = fixture.shop.product(Product { stock: 100, price: 1000, ..Product::any() }).await;
    fixture.shop.discount(Discount { max_uses: Some(3), ..Discount::any() }).await;
    let wish = with(lines([(mug, 1)]), json!({"discount_codes": ["WELCOME"]}));
    let mut buyers = Vec::new();
    for buyer in fixture.shop.customers(12).await {
        let checkout = fixture.checkout(&buyer, &wish).await;
        buyers.push((buyer, checkout));
    }

    let calls = buyers.iter().map(|(buyer, checkout)| fixture.complete(buyer, checkout, 900));
    let answers = send_all(calls).await;

    let placed = answers.iter().filter(|one| one.status == 201).count();
    assert_eq!((placed, fixture.orders_count().await), (3, 3));
    assert_eq!(fixture.shop.stock(mug).await, (100, 3), "who was refused holds nothing");
    for ((buyer, checkout), answer) in buyers.iter().zip(&answers) {
        if answer.status == 201 {
            continue;
        }
        // Lost in the race itself, or seen before it.
        assert_eq!(answer.status, 409, "{}", answer.body);
        assert!(["discount_used_up", "total_changed"].contains(&answer.refusal().1));
        assert_eq!(cents(answer, "/bill/total"), 1000);
        assert_eq!(fixture.complete(buyer, checkout, 1000).await.status, 201);
    }
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn the_last_piece_is_sold_once_by_a_checkout_or_without_one() {
    let fixture = Fixture::open().await;
    for n in 0..5 {
        let last = Product { stock: 1, price: 1000, ..Product::any() };
        let last: ProductId = fixture.shop.product(last).await;
        let (one, other) = (fixture.shop.customer().await, fixture.shop.customer().await);
        let checkout = fixture.checkout(&one, &lines([(last, 1)])).await;
        let direct: Call = fixture.orders.post("/v1/orders", &lines([(last, 1)])).by(&other);
        let direct = direct.key(&format!("the last piece, {n}"));

        let answers = send_all([fixture.complete(&one, &checkout, 1000), direct]).await;

        assert_eq!(outcomes(&answers), [(201, ""), (409, "out_of_stock")]);
        assert_eq!(fixture.shop.stock(last).await, (1, 1));
    }
    fixture.shop.check_invariants().await;
}
