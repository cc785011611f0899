//! Counts that arrive after the stock that they tell of has moved on.

use super::{Fixture, each};
use domain::id::ProductId;
use domain::inventory::{Count, CountMessage};
use serde_json::{Value, json};
use testkit::{Order, Response};
use time::OffsetDateTime;

impl Fixture {
    async fn now(&self) -> OffsetDateTime {
        self.shop.one("select clock_timestamp()").await
    }

    /// An order of a new customer that is paid and shipped.
    async fn sell(&self, product: ProductId, quantity: i32) {
        let buyer = self.shop.customer().await;
        self.shop.shipped_order(&buyer, Order { product, quantity }).await;
    }

    async fn count(
        &self,
        sequence: i64,
        on_hand: i64,
        counted_at: Option<OffsetDateTime>,
    ) -> Response {
        let count = Count::new("acme", sequence, "MUG-1", on_hand).unwrap().taken_at(counted_at);
        let mut row = serde_json::to_value(CountMessage::from(&count)).unwrap();
        row.as_object_mut().unwrap().retain(|name, _| !["v", "source"].contains(&name.as_str()));
        self.sync(&json!({"source": "acme", "counts": [row]})).await
    }
}

fn reasons(found: &Response) -> Vec<Value> {
    each(found, "reason")
}

#[tokio::test]
async fn a_count_taken_before_a_sale_and_delivered_after_it_puts_no_sold_piece_back() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    let counted_at = fixture.now().await;
    fixture.sell(mug, 3).await;
    fixture
        .adjust("MUG-1", "the key of one request", &json!({"delta": 2, "reason": "found"}))
        .await;

    let answer = fixture.count(1, 12, Some(counted_at)).await;
    fixture.consume().await;

    assert_eq!(answer.status, 202);
    assert_eq!(fixture.shop.stock(mug).await, (11, 0), "12 counted, 3 sold, 2 found");
    assert_eq!(reasons(&fixture.get("/v1/stock-discrepancies").await), Vec::<Value>::new());
    fixture.check_invariants().await;
}

#[tokio::test]
async fn a_count_of_unknown_time_that_stock_moves_after_is_for_staff_and_the_next_one_counts() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.count(1, 10, None).await;
    fixture.sell(mug, 3).await;

    fixture.consume().await;

    assert_eq!(fixture.shop.stock(mug).await, (7, 0));
    let found = fixture.get("/v1/stock-discrepancies").await;
    assert_eq!(
        (reasons(&found), each(&found, "counted")),
        (vec![json!("stock_moved")], vec![json!(10)])
    );
    fixture.count(2, 8, None).await;
    fixture.consume().await;
    assert_eq!(fixture.shop.stock(mug).await, (8, 0));
    fixture.check_invariants().await;
}

#[tokio::test]
async fn a_count_that_a_correction_by_hand_overtakes_is_for_staff_and_the_next_one_counts() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    let counted_at = fixture.now().await;
    let body = json!({"delta": 2, "reason": "correction"});
    fixture.adjust("MUG-1", "the key of one request", &body).await;

    // Both saw the twelve pieces that are there.
    fixture.count(1, 12, Some(counted_at)).await;
    fixture.consume().await;

    assert_eq!(fixture.shop.stock(mug).await, (12, 0));
    let found = fixture.get("/v1/stock-discrepancies").await;
    assert_eq!(
        (reasons(&found), each(&found, "counted")),
        (vec![json!("stock_moved")], vec![json!(12)])
    );
    fixture.count(2, 11, Some(fixture.now().await)).await;
    fixture.consume().await;
    assert_eq!(fixture.shop.stock(mug).await, (11, 0));
    fixture.check_invariants().await;
}

#[tokio::test]
async fn what_is_only_reserved_meanwhile_makes_no_count_late() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.count(1, 12, None).await;
    fixture.reserve(mug, 3).await;

    fixture.consume().await;

    assert_eq!(fixture.shop.stock(mug).await, (12, 3));
}

#[tokio::test]
async fn in_whatever_order_the_counts_of_three_sources_arrive_the_one_taken_last_stays() {
    let fixture = Fixture::new().await;
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut mugs = Vec::new();
    for place in 0..orders.len() {
        mugs.push(fixture.product(&format!("MUG-{place}"), 10).await);
    }
    let mut taken = Vec::new();
    for (source, on_hand) in [("acme", 20), ("north", 30), ("south", 40)] {
        taken.push((source, on_hand, fixture.now().await));
        for (place, mug) in mugs.iter().enumerate() {
            fixture.sell(*mug, 1).await;
            let body = json!({"delta": 3, "reason": "found"});
            let key = format!("the key of {source} for {place}");
            fixture.adjust(&format!("MUG-{place}"), &key, &body).await;
        }
    }

    for (place, order) in orders.into_iter().enumerate() {
        for (source, on_hand, at) in order.map(|number| taken[number]) {
            let count = Count::new(source, 1, &format!("MUG-{place}"), on_hand).unwrap();
            let message = CountMessage::from(&count.taken_at(Some(at)));
            sync_inventory::handle(&fixture.shop.db, message).await.unwrap();
        }
    }

    for mug in mugs {
        assert_eq!(fixture.shop.stock(mug).await, (42, 0), "40 counted, one sold, three found");
    }
    fixture.check_invariants().await;
}

#[tokio::test]
async fn a_count_that_is_older_than_the_one_that_stands_is_told() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    let before = fixture.now().await;
    fixture.count(1, 20, Some(fixture.now().await)).await;
    fixture.consume().await;

    let answer = fixture.count(2, 30, Some(before)).await;

    assert_eq!(answer.text("/rejected/0/reason"), "old_count");
    assert_eq!(fixture.shop.stock(mug).await, (20, 0));
}
