use super::{Fixture, each};
use domain::inventory::CountMessage;
use domain::outbox::{self, Topic};
use serde_json::{Value, json};
use testkit::Response;

impl Fixture {
    pub(super) async fn sync(&self, body: &Value) -> Response {
        self.api.post("/v1/stock-counts", body).by(&self.staff).await
    }

    /// Passes all inventory messages in the outbox to the queue's consumer; how many there were.
    pub(super) async fn consume(&self) -> usize {
        let mut consumed = 0;
        loop {
            let messages = outbox::lease(&self.shop.db, 10).await.unwrap();
            if messages.is_empty() {
                return consumed;
            }
            for outbox_message in &messages {
                assert_eq!(outbox_message.topic, Topic::Inventory);
                let message: CountMessage = serde_json::from_str(&outbox_message.body).unwrap();
                sync_inventory::handle(&self.shop.db, message).await.unwrap();
            }
            let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
            outbox::mark_sent(&self.shop.db, &ids).await.unwrap();
            consumed += ids.len();
        }
    }
}

pub(super) fn line(sku: &str, sequence: i64, on_hand: i64) -> Value {
    json!({"sku": sku, "sequence": sequence, "on_hand": on_hand})
}

#[tokio::test]
async fn counts_are_kept_and_reach_the_stock() {
    let fixture = Fixture::new().await;
    let (mug, pot) = (fixture.product("MUG-1", 10).await, fixture.product("POT-1", 2).await);

    let counts = [line("MUG-1", 12, 40), line("POT-1", 12, 7)];
    let answer = fixture.sync(&json!({"source": "acme", "counts": counts})).await;

    assert_eq!((answer.status, &answer.body), (202, &json!({"accepted": 2, "rejected": []})));
    assert_eq!(fixture.shop.stock(mug).await, (10, 0), "the counts are in the queue");
    assert_eq!(fixture.consume().await, 2);
    assert_eq!((fixture.shop.stock(mug).await, fixture.shop.stock(pot).await), ((40, 0), (7, 0)));
    fixture.check_invariants().await;
}

#[tokio::test]
async fn a_feed_that_is_sent_again_changes_nothing() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    let body = json!({"source": "acme", "counts": [line("MUG-1", 12, 40)]});

    let (one, other) = tokio::join!(fixture.sync(&body), fixture.sync(&body));
    let consumed = fixture.consume().await;
    fixture
        .adjust("MUG-1", "the key of one request", &json!({"delta": -1, "reason": "lost"}))
        .await;
    let late = fixture.sync(&body).await;

    assert_eq!([one.status, other.status, late.status], [202; 3]);
    assert_eq!((consumed, fixture.consume().await), (1, 1));
    assert_eq!(
        fixture.shop.stock(mug).await,
        (39, 0),
        "an old count does not undo a later adjustment"
    );
    fixture.check_invariants().await;
}

#[tokio::test]
async fn a_count_of_a_product_that_comes_later_may_be_sent_again() {
    let fixture = Fixture::new().await;
    let body = json!({"source": "acme", "counts": [line("HAT-1", 3, 6)]});
    assert_eq!(fixture.sync(&body).await.refusal(), (422, "no_good_count"));
    assert_eq!(fixture.consume().await, 0);
    let hat = fixture.product("HAT-1", 1).await;

    fixture.sync(&body).await;
    fixture.consume().await;

    assert_eq!(fixture.shop.stock(hat).await, (6, 0));
}

#[tokio::test]
async fn five_hundred_counts_fit_into_one_feed() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    let counts: Vec<_> =
        (1..=500).map(|sequence| line("MUG-1", sequence, 1000 + sequence)).collect();

    let answer = fixture.sync(&json!({"source": "acme", "counts": counts})).await;

    assert_eq!((answer.status, &answer.body["accepted"]), (202, &json!(500)));
    assert_eq!(fixture.consume().await, 500);
    assert_eq!(fixture.shop.stock(mug).await.0, 1500, "the highest sequence wins in any order");
}

#[tokio::test]
async fn a_feed_without_a_source_or_of_the_wrong_length_is_refused() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 10).await;
    let many: Vec<_> = (0..501).map(|sequence| line("MUG-1", sequence, 1)).collect();
    for (source, counts, pointer) in [
        ("", vec![line("MUG-1", 1, 5)], "/source"),
        ("acme", vec![], "/counts"),
        ("acme", many, "/counts"),
    ] {
        let answer = fixture.sync(&json!({"source": source, "counts": counts})).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"), "{pointer}");
        assert_eq!(answer.text("/errors/0/pointer"), pointer);
    }
    assert_eq!(fixture.consume().await, 0);
}

#[tokio::test]
async fn a_count_below_what_is_promised_is_listed_for_somebody_to_look() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.reserve(mug, 3).await;

    for sequence in [7, 8] {
        let counts = [line("MUG-1", sequence, 1)];
        fixture.sync(&json!({"source": "acme", "counts": counts})).await;
        fixture.consume().await;
    }

    let newest = fixture.get("/v1/stock-discrepancies?limit=1").await;
    let cursor = newest.text("/next_cursor");
    let older = fixture.get(&format!("/v1/stock-discrepancies?cursor={cursor}")).await;
    assert_eq!(
        (each(&newest, "sequence"), each(&older, "sequence")),
        (vec![json!(8)], vec![json!(7)])
    );
    let found = &newest.body["data"][0];
    assert_eq!((&found["sku"], &found["source"]), (&json!("MUG-1"), &json!("acme")));
    assert_eq!((&found["counted"], &found["reserved"]), (&json!(1), &json!(3)));
    assert_eq!((&found["product"], &found["reason"]), (&json!(mug), &json!("below_reserved")));
    assert_eq!(fixture.shop.stock(mug).await, (3, 3));
    fixture.check_invariants().await;
}
