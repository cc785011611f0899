//! Rows of a feed that are not accepted, each told, while the others count.

use super::syncing::line;
use super::{Fixture, each};
use domain::inventory::{Count, CountMessage};
use serde_json::{Value, json};
use testkit::Response;

/// Row, SKU and reason of each rejected row.
fn rejected(answer: &Response) -> Vec<(u64, Value, String)> {
    let rejected = answer.body["rejected"].as_array().unwrap().iter();
    rejected
        .map(|one| {
            let reason = one["reason"].as_str().unwrap().to_owned();
            (one["row"].as_u64().unwrap(), one["sku"].clone(), reason)
        })
        .collect()
}

fn told(row: u64, sku: impl Into<Value>, reason: &str) -> (u64, Value, String) {
    (row, sku.into(), reason.to_owned())
}

#[tokio::test]
async fn of_a_feed_the_good_rows_count_and_each_bad_one_is_told() {
    let fixture = Fixture::new().await;
    let (mug, pot) = (fixture.product("MUG-1", 10).await, fixture.product("META-1", 2).await);
    let counts = json!([
        {"sku": "MUG-1", "sequence": 1, "on_hand": 5},
        {"sku": "HAT-1", "sequence": 1, "on_hand": 5},
        {"sku": "meta-1", "sequence": 1, "on_hand": 5},
        {"sku": "META-1", "sequence": 1, "on_hand": -1},
        {"sku": "META-1", "sequence": 2, "on_hand": "5"},
        {"sku": "META-1", "sequence": 3, "on_hand": 1.5},
        {"sku": 7, "sequence": 3, "on_hand": 1},
        {"on_hand": 1, "sequence": 3},
        {"sku": "META-1", "sequence": 4, "on_hand": 1, "counted_at": "yesterday"},
        {"sku": "META-1", "sequence": 5, "on_hand": 1, "counted_at": "2999-01-01T00:00:00Z"},
        {"sku": "META-1", "sequence": 6, "on_hand": 1, "counted_at": "0001-01-01T00:00:00Z"},
        {"sku": "a\u{0}", "sequence": 6, "on_hand": 1},
    ]);

    let answer = fixture.sync(&json!({"source": "acme", "counts": counts})).await;

    assert_eq!((answer.status, &answer.body["accepted"]), (202, &json!(1)));
    let expected = [
        told(1, "HAT-1", "unknown_sku"),
        told(2, "meta-1", "unknown_sku"),
        told(3, "META-1", "out_of_range"),
        told(4, "META-1", "wrong_type"),
        told(5, "META-1", "wrong_type"),
        told(6, Value::Null, "wrong_type"),
        told(7, Value::Null, "wrong_type"),
        told(8, "META-1", "wrong_type"),
        told(9, "META-1", "in_the_future"),
        told(10, "META-1", "too_old"),
        told(11, "a\u{0}", "bad_character"),
    ];
    assert_eq!(rejected(&answer), expected);
    assert_eq!(answer.text("/rejected/2/pointer"), "/counts/3/on_hand");
    assert!(answer.text("/rejected/1/detail").contains("META-1"), "the one in other capitals");
    assert_eq!(fixture.consume().await, 1);
    assert_eq!((fixture.shop.stock(mug).await, fixture.shop.stock(pot).await), ((5, 0), (2, 0)));
}

#[tokio::test]
async fn a_feed_without_a_good_row_is_refused() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 10).await;
    let counts = [line("MUG-1", 1, -1), line("HAT-1", 1, 5)];

    let answer = fixture.sync(&json!({"source": "acme", "counts": counts})).await;

    assert_eq!(answer.refusal(), (422, "no_good_count"));
    let expected = [told(0, "MUG-1", "out_of_range"), told(1, "HAT-1", "unknown_sku")];
    assert_eq!(rejected(&answer), expected);
    assert_eq!(fixture.consume().await, 0);
}

#[tokio::test]
async fn a_whole_number_counts_in_each_spelling_of_json() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    let body = r#"{"source": "acme", "counts": [
        {"sku": "MUG-1", "sequence": 1.0, "on_hand": 12.0}, {"sku": "MUG-1", "sequence": 2e0, "on_hand": 1e2}
    ]}"#;

    let body: Value = serde_json::from_str(body).unwrap();
    let answer = fixture.sync(&body).await;

    assert_eq!((answer.status, &answer.body), (202, &json!({"accepted": 2, "rejected": []})));
    fixture.consume().await;
    assert_eq!(fixture.shop.stock(mug).await, (100, 0));
}

#[tokio::test]
async fn the_same_row_twice_is_one_and_rows_that_contradict_each_other_are_told() {
    let fixture = Fixture::new().await;
    let (mug, pot) = (fixture.product("MUG-1", 10).await, fixture.product("POT-1", 2).await);
    let counts =
        [line("MUG-1", 1, 5), line("POT-1", 1, 7), line("MUG-1", 1, 5), line("POT-1", 1, 8)];

    let answer = fixture.sync(&json!({"source": "acme", "counts": counts})).await;

    assert_eq!((answer.status, &answer.body["accepted"]), (202, &json!(1)));
    let expected = [told(1, "POT-1", "contradictory"), told(3, "POT-1", "contradictory")];
    assert_eq!(rejected(&answer), expected);
    fixture.consume().await;
    assert_eq!((fixture.shop.stock(mug).await, fixture.shop.stock(pot).await), ((5, 0), (2, 0)));
    let later = fixture.sync(&json!({"source": "acme", "counts": [line("MUG-1", 1, 6)]})).await;
    assert_eq!(rejected(&later), [told(0, "MUG-1", "contradictory")], "1 meant 5 before");
}

#[tokio::test]
async fn a_source_that_counts_its_feeds_anew_is_told() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    let feed =
        |sequence| json!({"source": "acme", "counts": [line("MUG-1", sequence, 5 + sequence)]});
    fixture.sync(&feed(9)).await;
    let at_once = fixture.sync(&feed(2)).await;
    fixture.consume().await;

    let later = fixture.sync(&feed(1)).await;

    assert_eq!(at_once.status, 202, "the first feed was not applied yet");
    let found = fixture.get("/v1/stock-discrepancies").await;
    assert_eq!(each(&found, "sequence"), [2]);
    assert_eq!(each(&found, "reason"), ["old_sequence"]);
    assert_eq!(later.refusal(), (422, "no_good_count"));
    assert_eq!(rejected(&later), [told(0, "MUG-1", "old_sequence")]);
    assert!(later.text("/rejected/0/detail").contains('9'), "it says where the source was");
    assert_eq!(fixture.shop.stock(mug).await, (14, 0));
    assert_eq!(fixture.sync(&feed(9)).await.status, 202, "sent again");
}

#[tokio::test]
async fn a_count_whose_product_is_gone_is_listed_once_and_may_come_again() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 10).await;
    let body = json!({"source": "acme", "counts": [line("MUG-1", 1, 5)]});
    fixture.sync(&body).await;
    fixture.shop.admin.execute("update products set status = 'archived'", &[]).await.unwrap();

    fixture.consume().await;
    let message = CountMessage::from(&Count::new("acme", 1, "MUG-1", 5).unwrap());
    sync_inventory::handle(&fixture.shop.db, message).await.unwrap();

    let found = fixture.get("/v1/stock-discrepancies").await;
    assert_eq!(
        (each(&found, "reason"), each(&found, "sku")),
        (vec![json!("unknown_sku")], vec![json!("MUG-1")])
    );
    assert_eq!(found.body["data"][0]["product"], Value::Null);
    let mug = fixture.product("MUG-1", 1).await;
    fixture.sync(&body).await;
    fixture.consume().await;
    assert_eq!(fixture.shop.stock(mug).await, (5, 0));
}

#[tokio::test]
async fn a_count_that_comes_again_after_its_product_has_gone_is_no_discrepancy() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 10).await;
    let message = || CountMessage::from(&Count::new("acme", 1, "MUG-1", 5).unwrap());
    sync_inventory::handle(&fixture.shop.db, message()).await.unwrap();
    fixture.shop.admin.execute("update products set status = 'archived'", &[]).await.unwrap();

    sync_inventory::handle(&fixture.shop.db, message()).await.unwrap();

    assert_eq!(fixture.shop.one::<i64>("select count(*) from stock_discrepancies").await, 0);
}
