use super::{Fixture, each};
use domain::inventory::{Count, apply_count};
use domain::outbox::{Event, Message};
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use testkit::ApiClient;

impl Fixture {
    /// The `StockLow` events in the outbox, by the number of their crossing, oldest first.
    async fn alerts(&self) -> Vec<i32> {
        let sql = "select dedupe_key, payload from outbox
                   where dedupe_key like 'stock_low:%' and topic = 'mail' order by id";
        let rows = self.shop.admin.query(sql, &[]).await.unwrap();
        rows.iter()
            .map(|row| {
                // A trigger writes these rows; the domain must be able to read them.
                let message: Message = serde_json::from_value(row.get("payload")).unwrap();
                let Message { v: 1, event: Event::StockLow { crossing, .. } } = message else {
                    panic!("{message:?}")
                };
                assert_eq!(message.event.dedupe_key(), row.get::<_, &str>("dedupe_key"));
                assert_eq!(serde_json::to_value(message).unwrap(), row.get::<_, Value>("payload"));
                crossing
            })
            .collect()
    }

    async fn adjust_by(&self, sku: &str, delta: i64) {
        let key = format!("adjust {sku} by {delta} once");
        let body = json!({"delta": delta, "reason": "correction"});
        let answer = self.adjust(sku, &key, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

#[tokio::test]
async fn stock_that_falls_to_its_threshold_is_told_once_until_it_recovers() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 10).await;
    fixture.set_threshold("MUG-1", &json!({"threshold": 5})).await;

    fixture.adjust_by("MUG-1", -4).await;
    assert!(fixture.alerts().await.is_empty());
    fixture.adjust_by("MUG-1", -1).await;
    assert_eq!(fixture.alerts().await, [1]);
    fixture.adjust_by("MUG-1", -2).await;
    fixture.adjust_by("MUG-1", 2).await;
    assert_eq!(fixture.alerts().await, [1], "it stayed low");
    assert_eq!(fixture.get("/v1/inventory/MUG-1").await.body["low_stock"], true);
    fixture.adjust_by("MUG-1", 1).await;
    assert_eq!(fixture.get("/v1/inventory/MUG-1").await.body["low_stock"], false);
    fixture.adjust_by("MUG-1", -5).await;

    assert_eq!(fixture.alerts().await, [1, 2]);
}

#[tokio::test]
async fn an_order_that_takes_the_last_but_few_is_noticed_and_its_end_is_too() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.set_threshold("MUG-1", &json!({"threshold": 7})).await;
    let state = Orders { app: fixture.shop.app(), dispatcher: OutboxDispatcher::deferred() };
    let (api, buyer) = (ApiClient::new(orders::routes(), state), fixture.shop.customer().await);
    let body = json!({"lines": [{"product": mug, "quantity": 3}]});

    let order = api.post("/v1/orders", &body).by(&buyer).key("the key of order one").await;
    assert_eq!((order.status, fixture.alerts().await), (201, vec![1]));
    let cancel = format!("/v1/orders/{}/cancel", order.text("/id"));
    api.call("POST".parse().unwrap(), &cancel).by(&buyer).await;
    assert_eq!(fixture.get("/v1/inventory/MUG-1").await.body["low_stock"], false);
    api.post("/v1/orders", &body).by(&buyer).key("the key of order two").await;

    assert_eq!(fixture.alerts().await, [1, 2]);
    fixture.check_invariants().await;
}

#[tokio::test]
async fn buyers_who_cross_the_threshold_together_are_told_of_once() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.set_threshold("MUG-1", &json!({"threshold": 9})).await;
    let state = Orders { app: fixture.shop.app(), dispatcher: OutboxDispatcher::deferred() };
    let (api, buyers) = (ApiClient::new(orders::routes(), state), fixture.shop.customers(8).await);
    let body = json!({"lines": [{"product": mug, "quantity": 1}]});

    let key = "the key of their order";
    let orders =
        buyers.iter().map(|buyer| async { api.post("/v1/orders", &body).by(buyer).key(key).await });
    let orders = futures_util::future::join_all(orders).await;

    assert!(orders.iter().all(|order| order.status == 201));
    assert_eq!(fixture.alerts().await, [1]);
}

#[tokio::test]
async fn a_suppliers_count_is_noticed() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 10).await;
    fixture.set_threshold("MUG-1", &json!({"threshold": 5})).await;

    for (sequence, on_hand) in [(1, 4), (2, 8), (3, 5)] {
        let count = Count::new("acme", sequence, "MUG-1", on_hand).unwrap();
        apply_count(&fixture.shop.db, &count).await.unwrap();
    }

    assert_eq!(fixture.alerts().await, [1, 2]);
}

#[tokio::test]
async fn a_refused_change_is_not_told() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.reserve(mug, 3).await;
    fixture.set_threshold("MUG-1", &json!({"threshold": 5})).await;

    let body = json!({"delta": -8, "reason": "lost"});
    let answer = fixture.adjust("MUG-1", "the key of one request", &body).await;

    assert_eq!(answer.refusal(), (409, "below_reserved"));
    assert!(fixture.alerts().await.is_empty());
}

#[tokio::test]
async fn a_threshold_above_what_is_there_is_told_at_once_and_none_ends_it() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 10).await;

    let set = fixture.set_threshold("MUG-1", &json!({"threshold": 10})).await;
    fixture.set_threshold("MUG-1", &json!({"threshold": 11})).await;
    assert_eq!(fixture.alerts().await, [1]);
    let unset = fixture.set_threshold("MUG-1", &json!({"threshold": null})).await;
    fixture.adjust_by("MUG-1", -10).await;

    assert_eq!(
        (&set.body["low_stock_threshold"], &set.body["low_stock"]),
        (&json!(10), &json!(true))
    );
    let none = (&unset.body["low_stock_threshold"], &unset.body["low_stock"]);
    assert_eq!(none, (&json!(null), &json!(false)));
    assert_eq!(fixture.alerts().await, [1]);
}

#[tokio::test]
async fn what_runs_low_can_be_listed() {
    let fixture = Fixture::new().await;
    for (sku, threshold) in [("A", Some(10)), ("B", Some(9)), ("C", None), ("D", Some(20))] {
        fixture.product(sku, 10).await;
        fixture.set_threshold(sku, &json!({"threshold": threshold})).await;
    }

    let low = fixture.get("/v1/inventory?low_stock=true&limit=1").await;
    let cursor = low.text("/next_cursor");
    let more = fixture.get(&format!("/v1/inventory?low_stock=true&cursor={cursor}")).await;
    let fine = fixture.get("/v1/inventory?low_stock=false").await;

    assert_eq!([each(&low, "sku"), each(&more, "sku")].concat(), ["A", "D"]);
    assert_eq!(each(&fine, "sku"), ["B", "C"]);
    assert_eq!(each(&fixture.get("/v1/inventory?low_stock=true&q=D").await, "sku"), ["D"]);
}

#[tokio::test]
async fn a_threshold_that_makes_no_sense_is_refused() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 10).await;
    for (body, refusal) in [
        (json!({}), (400, "bad_body")),
        (json!({"threshold": "5"}), (400, "bad_body")),
        (json!({"threshold": 5, "mail": true}), (400, "bad_body")),
        (json!({"threshold": -1}), (422, "invalid_value")),
        (json!({"threshold": 1_000_000_001}), (422, "invalid_value")),
    ] {
        assert_eq!(fixture.set_threshold("MUG-1", &body).await.refusal(), refusal, "{body}");
    }
    let unknown = fixture.set_threshold("POT-1", &json!({"threshold": 1})).await;
    assert_eq!(unknown.refusal(), (404, "unknown_sku"));
}
