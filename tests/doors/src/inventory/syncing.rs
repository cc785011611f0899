use super::{Store, each};
use domain::inventory::CountMessage;
use domain::outbox::{self, Topic};
use lambda::queue::Setback;
use serde_json::{Value, json};
use testkit::Answer;

impl Store {
    async fn sync(&self, wish: &Value) -> Answer {
        self.door.post("/v1/inventory/sync", wish).by(&self.staff).await
    }

    /// Carries what waits for the queue to its consumer, as the queue would; says how many messages that were.
    async fn carry(&self) -> usize {
        let mut carried = 0;
        loop {
            let parcels = outbox::lease(&self.shop.db, 10).await.unwrap();
            if parcels.is_empty() {
                return carried;
            }
            for parcel in &parcels {
                assert_eq!(parcel.topic, Topic::Inventory);
                let message: CountMessage = serde_json::from_str(&parcel.body).unwrap();
                match sync_inventory::handle(&self.shop.db, message).await {
                    Ok(()) | Err(Setback::Pointless { code: "unknown_sku", .. }) => {}
                    Err(setback) => panic!("{setback:?}"),
                }
            }
            let ids: Vec<_> = parcels.iter().map(|parcel| parcel.id).collect();
            outbox::mark_sent(&self.shop.db, &ids).await.unwrap();
            carried += ids.len();
        }
    }
}

fn line(sku: &str, sequence: i64, on_hand: i64) -> Value {
    json!({"sku": sku, "sequence": sequence, "on_hand": on_hand})
}

#[tokio::test]
async fn counts_are_kept_and_reach_the_shelves() {
    let store = Store::open().await;
    let (mug, pot) = (store.product("MUG-1", 10).await, store.product("POT-1", 2).await);

    let counts = [line("MUG-1", 12, 40), line("POT-1", 12, 7), line("HAT-1", 12, 1)];
    let answer = store.sync(&json!({"source": "acme", "counts": counts})).await;

    assert_eq!((answer.status, &answer.body), (202, &json!({"accepted": 3})));
    assert_eq!(store.shop.stock(mug).await, (10, 0), "they are on their way");
    assert_eq!(store.carry().await, 3);
    assert_eq!((store.shop.stock(mug).await, store.shop.stock(pot).await), ((40, 0), (7, 0)));
    store.books_are_in_order().await;
}

#[tokio::test]
async fn a_feed_that_is_sent_again_changes_nothing() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 10).await;
    let wish = json!({"source": "acme", "counts": [line("MUG-1", 12, 40)]});

    let (one, other) = tokio::join!(store.sync(&wish), store.sync(&wish));
    let carried = store.carry().await;
    store.adjust("MUG-1", "the key of one wish", &json!({"delta": -1, "reason": "lost"})).await;
    let late = store.sync(&wish).await;

    assert_eq!([one.status, other.status, late.status], [202; 3]);
    assert_eq!((carried, store.carry().await), (1, 1));
    assert_eq!(store.shop.stock(mug).await, (39, 0), "old news do not undo what came after them");
    store.books_are_in_order().await;
}

#[tokio::test]
async fn a_count_of_a_product_that_comes_later_may_be_sent_again() {
    let store = Store::open().await;
    let wish = json!({"source": "acme", "counts": [line("HAT-1", 3, 6)]});
    store.sync(&wish).await;
    assert_eq!(store.carry().await, 1);
    let hat = store.product("HAT-1", 1).await;

    store.sync(&wish).await;
    store.carry().await;

    assert_eq!(store.shop.stock(hat).await, (6, 0));
}

#[tokio::test]
async fn five_hundred_counts_fit_into_one_feed() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 10).await;
    let counts: Vec<_> =
        (1..=500).map(|sequence| line("MUG-1", sequence, 1000 + sequence)).collect();

    let answer = store.sync(&json!({"source": "acme", "counts": counts})).await;

    assert_eq!((answer.status, &answer.body["accepted"]), (202, &json!(500)));
    assert_eq!(store.carry().await, 500);
    assert_eq!(store.shop.stock(mug).await.0, 1500, "whatever the order, the newest counts");
}

#[tokio::test]
async fn one_line_that_cannot_be_keeps_the_whole_feed_out() {
    let store = Store::open().await;
    store.product("MUG-1", 10).await;
    let fine = line("MUG-1", 1, 5);
    let many: Vec<_> = (0..501).map(|sequence| line("MUG-1", sequence, 1)).collect();
    for (source, counts, pointer) in [
        ("acme", vec![fine.clone(), line("MUG-1", 2, -1)], "/counts/1/on_hand"),
        ("acme", vec![fine.clone(), line("MUG-1", 1, 6)], "/counts/1/sequence"),
        ("acme", vec![line("a\u{0}", 1, 1)], "/counts/0/sku"),
        ("", vec![fine.clone()], "/source"),
        ("acme", vec![], "/counts"),
        ("acme", many, "/counts"),
    ] {
        let answer = store.sync(&json!({"source": source, "counts": counts})).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"), "{pointer}");
        assert_eq!(answer.text("/errors/0/pointer"), pointer);
    }
    let half =
        json!({"source": "acme", "counts": [{"sku": "MUG-1", "on_hand": 1.5, "sequence": 1}]});
    assert_eq!(store.sync(&half).await.refusal(), (400, "bad_body"));
    assert_eq!(store.carry().await, 0);
}

#[tokio::test]
async fn a_count_below_what_is_promised_is_listed_for_somebody_to_look() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 10).await;
    store.promise(mug, 3).await;

    for sequence in [7, 8] {
        let counts = [line("MUG-1", sequence, 1)];
        store.sync(&json!({"source": "acme", "counts": counts})).await;
        store.carry().await;
    }

    let newest = store.get("/v1/inventory/discrepancies?limit=1").await;
    let cursor = newest.text("/next_cursor");
    let older = store.get(&format!("/v1/inventory/discrepancies?cursor={cursor}")).await;
    assert_eq!(
        (each(&newest, "sequence"), each(&older, "sequence")),
        (vec![json!(8)], vec![json!(7)])
    );
    let found = &newest.body["data"][0];
    assert_eq!((&found["sku"], &found["source"]), (&json!("MUG-1"), &json!("acme")));
    assert_eq!((&found["counted"], &found["reserved"]), (&json!(1), &json!(3)));
    assert_eq!(store.shop.stock(mug).await, (3, 3));
    store.books_are_in_order().await;
}
