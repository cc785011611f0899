//! What staff and admins do while the shop runs: inventory counts and dead letters.

use crate::{admin, audit, open, until};
use serde_json::{Value, json};

#[tokio::test]
async fn counts_that_staff_send_in_reach_the_stock_through_the_queue() {
    let shop = open().await;
    let admin = admin(&shop).await;
    let counts: Vec<_> = (1..=30)
        .map(|sequence| json!({"sku": "MUG-BLUE", "sequence": sequence, "on_hand": 100 + sequence}))
        .collect();

    let body = json!({"source": "acme", "counts": counts});
    let response = admin.post("/v1/stock-counts", &body).await.unwrap();

    assert_eq!((response.status, response.body), (202, json!({"accepted": 30, "rejected": []})));
    until("the newest count", async || {
        let level = admin.get("/v1/inventory/MUG-BLUE").await.unwrap();
        (level.body["on_hand"] == 130).then_some(())
    })
    .await;
    let invariants = admin.get("/v1/ops/invariants").await.unwrap();
    assert_eq!(invariants.body["breaches"], json!([]));
    audit(&shop).await;
}

#[tokio::test]
async fn a_dead_letter_is_seen_told_of_and_sent_again() {
    let shop = open().await;
    let admin = admin(&shop).await;
    let count = json!({"v": 1, "source": "acme", "sequence": 7, "sku": "MUG-BLUE", "on_hand": 44});
    let fine = shop.aws().send("InventoryDeadLetters", &count.to_string()).await.unwrap();
    let garbled = shop.aws().send("MailDeadLetters", "{\"v\": 2").await.unwrap();
    let dead_letters = async || {
        let response = admin.get("/v1/ops/dead-letters").await.unwrap();
        assert_eq!(response.status, 200, "{}", response.body);
        response.body["data"].as_array().unwrap().clone()
    };
    let ids = |dead_letters: &[Value]| -> Vec<Value> {
        dead_letters.iter().map(|message| message["id"].clone()).collect()
    };

    let seen = dead_letters().await;
    assert_eq!(ids(&seen), [json!(garbled), json!(fine)]);
    assert_eq!((&seen[0]["topic"], &seen[1]["topic"]), (&json!("mail"), &json!("inventory")));
    assert!(seen[0]["reason"].as_str().unwrap().contains("EOF"));
    assert_eq!((&seen[1]["reason"], &seen[1]["body"]), (&json!(null), &json!(count.to_string())));
    assert_eq!(ids(&dead_letters().await), ids(&seen), "listing removes nothing");

    let report = shop.gateway.tick("Sweep").await.unwrap();
    assert_eq!(report["dead_letters"], 2);
    let (database, connection) =
        tokio_postgres::connect(shop.database_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let alerts = "select count(*) from outbox where dedupe_key like 'dead_letters_found:%'";
    assert_eq!(database.query_one(alerts, &[]).await.unwrap().get::<_, i64>(0), 1);

    let redrive = format!("/v1/ops/dead-letters/{fine}/redrive");
    let redriven = admin.post(&redrive, &json!({})).await.unwrap();
    assert_eq!((redriven.status, redriven.body), (202, json!({"redriven": 1})));
    until("the count", async || {
        let level = admin.get("/v1/inventory/MUG-BLUE").await.unwrap();
        (level.body["on_hand"] == 44).then_some(())
    })
    .await;
    assert_eq!(admin.post(&redrive, &json!({})).await.unwrap().status, 404);
    assert_eq!(ids(&dead_letters().await), [json!(garbled)]);
    let all = admin.post("/v1/ops/dead-letters/redrive", &json!({})).await.unwrap();
    assert_eq!((all.status, all.body), (202, json!({"redriven": 1})));
    assert_eq!(dead_letters().await, Vec::<Value>::new());
    let back = shop.aws().messages("MailQueue").await.unwrap();
    assert!(
        back.iter().any(|message| message.body == "{\"v\": 2"),
        "it was sent to its queue again"
    );
    audit(&shop).await;
}

#[tokio::test]
async fn a_dead_letter_of_no_use_is_discarded_once_with_its_first_reason() {
    let shop = open().await;
    let admin = admin(&shop).await;
    let garbled = shop.aws().send("MailDeadLetters", "{\"v\": 2").await.unwrap();
    let other = shop.aws().send("MailDeadLetters", "{\"v\": 3").await.unwrap();
    let path = format!("/v1/ops/dead-letters/{garbled}/discard");

    let without = admin.post(&path, &json!({"reason": " "})).await.unwrap();
    assert_eq!((without.status, &without.body["code"]), (422, &json!("invalid_value")));
    let discarded = admin.post(&path, &json!({"reason": "Nobody can read it"})).await.unwrap();
    let again = admin.post(&path, &json!({"reason": "Another reason"})).await.unwrap();

    assert_eq!((discarded.status, again.status), (200, 200), "{}", discarded.body);
    assert_eq!(discarded.body["reason"], "Nobody can read it");
    assert_eq!(again.body, discarded.body);
    let left = admin.get("/v1/ops/dead-letters").await.unwrap();
    let left: Vec<_> = left.body["data"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(left, [&json!(other)]);
    let log = admin.get("/v1/audit-log?entity_type=acknowledgement").await.unwrap();
    assert_eq!(log.body["data"].as_array().unwrap().len(), 1, "{}", log.body);
    let logs = shop.logs().unwrap();
    let is_said = |line: &str| line.contains("dead letter discarded") && line.contains(&garbled);
    assert!(logs.lines().iter().any(|(_, line)| is_said(line)), "the log says what it was");
    audit(&shop).await;
}

#[tokio::test]
async fn a_queue_that_is_away_loses_no_count() {
    let shop = open().await;
    let admin = admin(&shop).await;
    shop.aws().process_guard().suspend().unwrap();

    let body =
        json!({"source": "acme", "counts": [{"sku": "MUG-BLUE", "sequence": 1, "on_hand": 77}]});
    let response = admin.post("/v1/stock-counts", &body).await.unwrap();
    let dead_letters = admin.get("/v1/ops/dead-letters").await.unwrap();
    let outbox = admin.get("/v1/ops/outbox").await.unwrap();

    assert_eq!((response.status, response.body), (202, json!({"accepted": 1, "rejected": []})));
    assert_eq!((dead_letters.status, &dead_letters.body["code"]), (502, &json!("upstream_failed")));
    assert_eq!(outbox.body["waiting"], 1);
    shop.aws().process_guard().resume().unwrap();
    let (database, connection) =
        tokio_postgres::connect(shop.database_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    database.execute("update outbox set available_at = now()", &[]).await.unwrap();
    shop.gateway.tick("Sweep").await.unwrap();
    until("the count", async || {
        let level = admin.get("/v1/inventory/MUG-BLUE").await.unwrap();
        (level.body["on_hand"] == 77).then_some(())
    })
    .await;
    audit(&shop).await;
}

#[tokio::test]
async fn nine_of_ten_messages_arrive_and_the_one_that_is_garbled_ends_among_the_dead_letters() {
    let shop = open().await;
    let (admin, aws) = (admin(&shop).await, shop.aws());
    // Five receives with the visibility timeout of three minutes take too long for a test; one second would be too short
    // for a busy machine.
    let attributes = json!({
        "QueueUrl": aws.queue_url("InventoryQueue").unwrap(),
        "Attributes": {"VisibilityTimeout": "3"},
    });
    aws.sqs().call("SetQueueAttributes", &attributes).await.unwrap();
    let count = async |sequence: i64| {
        let count = json!({"v": 1, "source": "acme", "sequence": sequence, "sku": "MUG-BLUE", "on_hand": 90 + sequence});
        aws.send("InventoryQueue", &count.to_string()).await.unwrap();
    };
    let queue_is_empty = async || {
        until("an empty queue", async || {
            aws.messages("InventoryQueue").await.unwrap().is_empty().then_some(())
        })
        .await;
    };

    // A receive call that was already waiting uses the old visibility timeout; this message is for it.
    count(1).await;
    queue_is_empty().await;
    for sequence in 2..=9 {
        count(sequence).await;
        if sequence == 5 {
            aws.send("InventoryQueue", "{\"v\": 1, \"source\"").await.unwrap();
        }
    }

    queue_is_empty().await;
    let level = admin.get("/v1/inventory/MUG-BLUE").await.unwrap();
    assert_eq!(level.body["on_hand"], 99);
    let dead = aws.messages("InventoryDeadLetters").await.unwrap();
    let bodies: Vec<_> = dead.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["{\"v\": 1, \"source\""]);
    audit(&shop).await;
}
