//! While SES has no time, mails wait: each time longer, in the queue at first and then in the outbox.

use super::{SHOP, STAFF, Scene, ses};
use axum::http::{StatusCode, header};
use axum::routing::post;
use domain::outbox::{Message, lease, mark_sent};
use lambda::queue::{Pauses, settle_with};
use send_email::{Post, handle};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// As much of SQS as a pause takes: it remembers what it was asked.
async fn sqs(status: StatusCode) -> (String, Arc<Mutex<Vec<Value>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let notes = Arc::clone(&asked);
    let take = post(async move |body: String| {
        let ask: Value = serde_json::from_str(&body).unwrap();
        let done: Vec<_> =
            ask["Entries"].as_array().unwrap().iter().map(|it| json!({"Id": it["Id"]})).collect();
        notes.lock().unwrap().push(ask);
        let answer = json!({"Successful": done, "Failed": []}).to_string();
        (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer)
    });
    let router = axum::Router::new().route("/", take);
    tokio::spawn(async { axum::serve(listener, router).await });
    (address, asked)
}

/// What the queue brings when it hands the order's message out for the `receives`-th time, beside one that is garbled.
fn batch(scene: &Scene, receives: u32) -> Value {
    let body = json!({"v": 1, "type": "order_placed", "order": scene.order}).to_string();
    json!({"Records": [
        {"messageId": "mail", "receiptHandle": format!("receipt of {receives}"), "body": body,
         "attributes": {"ApproximateReceiveCount": receives.to_string()}},
        {"messageId": "garbled", "receiptHandle": "garbled", "body": "{", "attributes": {}},
    ]})
}

/// Hands it out, and says whether the mail's message stays in the queue.
async fn bring(scene: &Scene, pauses: &Pauses, receives: u32) -> bool {
    let batch = serde_json::from_value(batch(scene, receives)).unwrap();
    let deliver = async |message: Message, receives| handle(&scene.desk, message, receives).await;
    let again = settle_with(batch, pauses, deliver).await;
    let again: Vec<_> = again.batch_item_failures.iter().map(|f| &*f.item_identifier).collect();
    assert!(again.contains(&"garbled"), "{again:?}");
    again.contains(&"mail")
}

#[tokio::test]
async fn a_throttled_mail_waits_longer_each_time_and_never_ends_with_the_dead_letters() {
    let scene = Scene::set().await;
    let (address, asked) = sqs(StatusCode::OK).await;
    let pauses = Pauses::through(&ses::at(&address), "http://sqs.example/mail".to_owned());
    // Two rounds through the queue and the outbox: more visits than SQS gives to one message.
    for round in 0..2 {
        for receives in 1..=3 {
            scene.ses.refuse(429, "TooManyRequestsException", "slow down");
            assert!(bring(&scene, &pauses, receives).await, "it stays in the queue");
        }
        scene.ses.refuse(429, "TooManyRequestsException", "slow down");
        assert!(!bring(&scene, &pauses, 4).await, "it leaves the queue for the outbox");

        let asks = std::mem::take(&mut *asked.lock().unwrap());
        assert_eq!(asks.len(), 3, "the garbled one keeps to the queue's own time");
        for (ask, least) in asks.iter().zip([30, 60, 120]) {
            let [entry] = &ask["Entries"].as_array().unwrap()[..] else { panic!("{ask}") };
            let seconds = entry["VisibilityTimeout"].as_i64().unwrap();
            assert!((least..=least * 5 / 4).contains(&seconds), "{ask}");
            assert_eq!(ask["QueueUrl"], "http://sqs.example/mail");
        }
        assert_eq!(asks[0]["Entries"][0]["ReceiptHandle"], "receipt of 1");

        assert!(lease(&scene.shop.db, 10).await.unwrap().is_empty(), "it rests");
        let rests = "select extract(epoch from available_at - now())::int4 from outbox
                     where dedupe_key like 'order_placed:%' and sent_at is null";
        assert!((590..=600).contains(&scene.shop.one::<i32>(rests).await), "round {round}");
        scene.shop.run("update outbox set available_at = now()").await;
        let [parcel] = &lease(&scene.shop.db, 10).await.unwrap()[..] else { panic!("one parcel") };
        let told: Value = serde_json::from_str(&parcel.body).unwrap();
        assert_eq!(told, json!({"v": 1, "type": "order_placed", "order": scene.order}));
        mark_sent(&scene.shop.db, &[parcel.id]).await.unwrap();
    }

    assert!(!bring(&scene, &pauses, 1).await);

    assert_eq!(scene.ses.mails().len(), 1);
    assert_eq!(scene.noted().await.0, "sent");
    assert!(asked.lock().unwrap().is_empty(), "who is done needs no pause");
}

#[tokio::test]
async fn a_mail_that_waits_in_the_outbox_is_seen_as_late() {
    let scene = Scene::set().await;
    let sql = "insert into outbox (topic, dedupe_key, payload, created_at, sent_at)
               values ('mail', $1, '{}', now() - interval '1 hour', now())";
    let key = scene.placed().event.dedupe_key();
    scene.shop.admin.execute(sql, &[&key]).await.unwrap();
    scene.ses.refuse(429, "TooManyRequestsException", "slow down");
    bring(&scene, &Pauses::none(), 4).await;

    let lag = domain::operations::lag(&scene.shop.db).await.unwrap();

    // As old as the event, not as its latest try: this is what the alarm rings for.
    assert!(lag.outbox >= 3600, "{}", lag.outbox);
}

#[tokio::test]
async fn a_pause_that_cannot_be_had_leaves_the_time_to_the_queue() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let (refusing, _) = sqs(StatusCode::FORBIDDEN).await;
    for address in ["http://127.0.0.1:1", &refusing, &silent] {
        let mut scene = Scene::set().await;
        let pauses = Pauses::through(&ses::at(address), "http://sqs.example/mail".to_owned());
        scene.desk.post = Post::through(&ses::at("http://127.0.0.1:1"), SHOP.to_owned());
        scene.desk.staff = STAFF.to_owned();

        assert!(bring(&scene, &pauses, 1).await, "{address}: it comes again");

        scene.desk.post = Post::through(&scene.ses.config(), SHOP.to_owned());
        assert!(!bring(&scene, &pauses, 2).await);
        assert_eq!(scene.ses.mails().len(), 1);
    }
}
