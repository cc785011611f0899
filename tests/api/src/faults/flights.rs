//! Statements that leave together: one of them fails, and those behind it have left already.

use super::Fixture;
use stack::proxy::{Direction, NetworkFault, Trigger};
use testkit::Product;

/// Tries to place an order, with a syntax error at this text.
async fn place_with_broken(fixture: &Fixture, text: &str) {
    fixture.proxy.restore();
    let before = fixture.proxy.fault_count();
    fixture.proxy.inject(Direction::ToServer, Trigger::text(text), NetworkFault::Garble);
    // The text itself would be found in it.
    let key = format!("a key of its own, {before}");

    let first = fixture.order(&key).await;

    assert_eq!(fixture.proxy.fault_count(), before + 1, "{text} is not sent");
    assert_eq!(first.refusal(), (500, "our_fault"), "{text}: {}", first.body);
    assert_nothing_stays(fixture, text).await;
}

async fn assert_nothing_stays(fixture: &Fixture, place: &str) {
    assert_eq!(fixture.order_count().await, 0, "{place}");
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, 0), "{place}");
    for table in ["idempotency_keys", "stock_moves where source = 'order_placed'", "outbox"] {
        let rows = fixture.shop.one::<i64>(&format!("select count(*) from {table}")).await;
        assert_eq!(rows, 0, "{table}, {place}");
    }
}

#[tokio::test]
async fn behind_a_begin_that_fails_nothing_is_written() {
    let fixture = Fixture::new().await;
    // The first order prepares the statements, so that those of the next one leave at once.
    let warm = async || fixture.api.get("/v1/orders").by(&fixture.buyer).await.status;
    assert_eq!(warm().await, 200);

    place_with_broken(&fixture, "BEGIN\0").await;

    assert_eq!(fixture.order("and then it works").await.status, 201);
    // Now they are prepared.
    let before = fixture.proxy.fault_count();
    fixture.proxy.inject(Direction::ToServer, Trigger::text("BEGIN\0"), NetworkFault::Garble);
    let refused = fixture.order("a second time, prepared").await;
    assert_eq!((refused.status, fixture.proxy.fault_count()), (500, before + 1));
    assert_eq!(fixture.order_count().await, 1);
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, 1));
    fixture.check_invariants().await;
}

#[tokio::test]
async fn a_commit_does_not_leave_beside_a_statement_that_cannot_be_prepared() {
    let fixture = Fixture::new().await;
    for text in ["insert into orders", "insert into outbox", "insert into idempotency_keys"] {
        place_with_broken(&fixture, text).await;
    }
    assert_eq!(fixture.order("and then it works").await.status, 201);
    fixture.check_invariants().await;
}

#[tokio::test]
async fn a_commit_that_fails_is_told_and_leaves_a_sound_connection() {
    let fixture = Fixture::new().await;
    place_with_broken(&fixture, "COMMIT\0").await;

    assert_eq!(fixture.order("and then it works").await.status, 201);
    assert_eq!(fixture.order_count().await, 1);
    fixture.check_invariants().await;
}

#[tokio::test]
async fn whoever_asks_again_for_the_last_piece_has_it_already() {
    let fixture = Fixture::new().await;
    let last = fixture.shop.product(Product { stock: 1, ..Product::any() }).await;
    let order = |key: &'static str| {
        let call = fixture.api.post("/v1/orders", &super::order_body(last));
        call.by(&fixture.buyer).key(key)
    };

    let first = order("the last piece is mine").await;
    let again = order("the last piece is mine").await;
    let other = order("I would like it as well").await;

    assert_eq!((first.status, again.status), (201, 201), "{}", again.body);
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(other.refusal(), (409, "out_of_stock"));
    assert_eq!(fixture.shop.stock(last).await, (1, 1));
    fixture.check_invariants().await;
}
