use super::{Store, each};
use domain::inventory::{Count, take_count};
use domain::outbox::{Event, Message};
use lambda::dispatch::Dispatch;
use orders::Orders;
use serde_json::{Value, json};
use testkit::Door;

impl Store {
    /// What is told of low stock, in the order in which it was written.
    async fn alerts(&self) -> Vec<i32> {
        let sql = "select dedupe_key, payload from outbox
                   where dedupe_key like 'stock_low:%' and topic = 'mail' order by id";
        let rows = self.shop.admin.query(sql, &[]).await.unwrap();
        rows.iter()
            .map(|row| {
                // The trigger writes what the domain reads.
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

    async fn adjusted(&self, sku: &str, delta: i64) {
        let key = format!("adjust {sku} by {delta} once");
        let wish = json!({"delta": delta, "reason": "correction"});
        let answer = self.adjust(sku, &key, &wish).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

#[tokio::test]
async fn stock_that_falls_to_its_threshold_is_told_once_until_it_recovers() {
    let store = Store::open().await;
    store.product("MUG-1", 10).await;
    store.set_threshold("MUG-1", &json!({"threshold": 5})).await;

    store.adjusted("MUG-1", -4).await;
    assert!(store.alerts().await.is_empty());
    store.adjusted("MUG-1", -1).await;
    assert_eq!(store.alerts().await, [1]);
    store.adjusted("MUG-1", -2).await;
    store.adjusted("MUG-1", 2).await;
    assert_eq!(store.alerts().await, [1], "it stayed low");
    assert_eq!(store.get("/v1/inventory/MUG-1").await.body["low_stock"], true);
    store.adjusted("MUG-1", 1).await;
    assert_eq!(store.get("/v1/inventory/MUG-1").await.body["low_stock"], false);
    store.adjusted("MUG-1", -5).await;

    assert_eq!(store.alerts().await, [1, 2]);
}

#[tokio::test]
async fn an_order_that_takes_the_last_but_few_is_noticed_and_its_end_is_too() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 10).await;
    store.set_threshold("MUG-1", &json!({"threshold": 7})).await;
    let state = Orders { app: store.shop.app(), dispatch: Dispatch::later() };
    let (door, buyer) = (Door::new(orders::routes(), state), store.shop.customer().await);
    let wish = json!({"lines": [{"product": mug, "quantity": 3}]});

    let order = door.post("/v1/orders", &wish).by(&buyer).key("the key of order one").await;
    assert_eq!((order.status, store.alerts().await), (201, vec![1]));
    let cancel = format!("/v1/orders/{}/cancel", order.text("/id"));
    door.call("POST".parse().unwrap(), &cancel).by(&buyer).await;
    assert_eq!(store.get("/v1/inventory/MUG-1").await.body["low_stock"], false);
    door.post("/v1/orders", &wish).by(&buyer).key("the key of order two").await;

    assert_eq!(store.alerts().await, [1, 2]);
    store.books_are_in_order().await;
}

#[tokio::test]
async fn buyers_who_cross_the_threshold_together_are_told_of_once() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 10).await;
    store.set_threshold("MUG-1", &json!({"threshold": 9})).await;
    let state = Orders { app: store.shop.app(), dispatch: Dispatch::later() };
    let (door, buyers) = (Door::new(orders::routes(), state), store.shop.customers(8).await);
    let wish = json!({"lines": [{"product": mug, "quantity": 1}]});

    let key = "the key of their order";
    let orders = buyers
        .iter()
        .map(|buyer| async { door.post("/v1/orders", &wish).by(buyer).key(key).await });
    let orders = futures_util::future::join_all(orders).await;

    assert!(orders.iter().all(|order| order.status == 201));
    assert_eq!(store.alerts().await, [1]);
}

#[tokio::test]
async fn a_suppliers_count_is_noticed() {
    let store = Store::open().await;
    store.product("MUG-1", 10).await;
    store.set_threshold("MUG-1", &json!({"threshold": 5})).await;

    for (sequence, on_hand) in [(1, 4), (2, 8), (3, 5)] {
        let count = Count::new("acme", sequence, "MUG-1", on_hand).unwrap();
        take_count(&store.shop.db, &count).await.unwrap();
    }

    assert_eq!(store.alerts().await, [1, 2]);
}

#[tokio::test]
async fn a_refused_change_is_not_told() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 10).await;
    store.promise(mug, 3).await;
    store.set_threshold("MUG-1", &json!({"threshold": 5})).await;

    let wish = json!({"delta": -8, "reason": "lost"});
    let answer = store.adjust("MUG-1", "the key of one wish", &wish).await;

    assert_eq!(answer.refusal(), (409, "below_reserved"));
    assert!(store.alerts().await.is_empty());
}

#[tokio::test]
async fn a_threshold_above_what_is_there_is_told_at_once_and_none_ends_it() {
    let store = Store::open().await;
    store.product("MUG-1", 10).await;

    let set = store.set_threshold("MUG-1", &json!({"threshold": 10})).await;
    store.set_threshold("MUG-1", &json!({"threshold": 11})).await;
    assert_eq!(store.alerts().await, [1]);
    let unset = store.set_threshold("MUG-1", &json!({"threshold": null})).await;
    store.adjusted("MUG-1", -10).await;

    assert_eq!(
        (&set.body["low_stock_threshold"], &set.body["low_stock"]),
        (&json!(10), &json!(true))
    );
    let none = (&unset.body["low_stock_threshold"], &unset.body["low_stock"]);
    assert_eq!(none, (&json!(null), &json!(false)));
    assert_eq!(store.alerts().await, [1]);
}

#[tokio::test]
async fn what_runs_low_can_be_listed() {
    let store = Store::open().await;
    for (sku, threshold) in [("A", Some(10)), ("B", Some(9)), ("C", None), ("D", Some(20))] {
        store.product(sku, 10).await;
        store.set_threshold(sku, &json!({"threshold": threshold})).await;
    }

    let low = store.get("/v1/inventory?low_stock=true&limit=1").await;
    let cursor = low.text("/next_cursor");
    let more = store.get(&format!("/v1/inventory?low_stock=true&cursor={cursor}")).await;
    let fine = store.get("/v1/inventory?low_stock=false").await;

    assert_eq!([each(&low, "sku"), each(&more, "sku")].concat(), ["A", "D"]);
    assert_eq!(each(&fine, "sku"), ["B", "C"]);
    assert_eq!(each(&store.get("/v1/inventory?low_stock=true&q=D").await, "sku"), ["D"]);
}

#[tokio::test]
async fn a_threshold_that_makes_no_sense_is_refused() {
    let store = Store::open().await;
    store.product("MUG-1", 10).await;
    for (wish, refusal) in [
        (json!({}), (400, "bad_body")),
        (json!({"threshold": "5"}), (400, "bad_body")),
        (json!({"threshold": 5, "mail": true}), (400, "bad_body")),
        (json!({"threshold": -1}), (422, "invalid_value")),
        (json!({"threshold": 1_000_000_001}), (422, "invalid_value")),
    ] {
        assert_eq!(store.set_threshold("MUG-1", &wish).await.refusal(), refusal, "{wish}");
    }
    let unknown = store.set_threshold("POT-1", &json!({"threshold": 1})).await;
    assert_eq!(unknown.refusal(), (404, "unknown_sku"));
}
