//! Emails that SES throttles are retried with growing pauses: in the queue first, then through the outbox.

use super::{Fixture, SHOP, STAFF, ses};
use axum::http::{StatusCode, header};
use axum::routing::post;
use domain::outbox::{Message, lease, mark_sent};
use lambda::queue::{VisibilityTimeouts, process_batch_with};
use send_email::{Sender, handle};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A stand-in of SQS for `ChangeMessageVisibilityBatch`. Returns its address and the requests it has received.
async fn sqs(status: StatusCode) -> (String, Arc<Mutex<Vec<Value>>>) {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let received = Arc::clone(&requests);
    let handler = post(async move |body: String| {
        let request: Value = serde_json::from_str(&body).unwrap();
        let done: Vec<_> = request["Entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| json!({"Id": it["Id"]}))
            .collect();
        received.lock().unwrap().push(request);
        let response = json!({"Successful": done, "Failed": []}).to_string();
        (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], response)
    });
    let router = axum::Router::new().route("/", handler);
    tokio::spawn(async { axum::serve(listener, router).await });
    (address, requests)
}

/// A batch of the order's message, received for the `receives`-th time, and a garbled one.
fn batch(fixture: &Fixture, receives: u32) -> Value {
    let body = json!({"v": 1, "type": "order_placed", "order": fixture.order}).to_string();
    json!({"Records": [
        {"messageId": "mail", "receiptHandle": format!("receipt of {receives}"), "body": body,
         "attributes": {"ApproximateReceiveCount": receives.to_string()}},
        {"messageId": "garbled", "receiptHandle": "garbled", "body": "{", "attributes": {}},
    ]})
}

/// Processes the batch, and returns whether the order's message stays in the queue.
async fn process(fixture: &Fixture, visibility: &VisibilityTimeouts, receives: u32) -> bool {
    let batch = serde_json::from_value(batch(fixture, receives)).unwrap();
    let deliver =
        async |message: Message, receives| handle(&fixture.mailer, message, receives).await;
    let again = process_batch_with(batch, visibility, deliver).await;
    let again: Vec<_> = again.batch_item_failures.iter().map(|f| &*f.item_identifier).collect();
    assert!(again.contains(&"garbled"), "{again:?}");
    again.contains(&"mail")
}

#[tokio::test]
async fn a_throttled_mail_waits_longer_each_time_and_never_ends_with_the_dead_letters() {
    let fixture = Fixture::open().await;
    let (address, requests) = sqs(StatusCode::OK).await;
    let visibility =
        VisibilityTimeouts::with_config(&ses::at(&address), "http://sqs.example/mail".to_owned());
    // Two rounds through queue and outbox: more receives than the queue's `maxReceiveCount`.
    for round in 0..2 {
        for receives in 1..=3 {
            fixture.ses.refuse(429, "TooManyRequestsException", "slow down");
            assert!(process(&fixture, &visibility, receives).await, "it stays in the queue");
        }
        fixture.ses.refuse(429, "TooManyRequestsException", "slow down");
        assert!(!process(&fixture, &visibility, 4).await, "it leaves the queue for the outbox");

        let requests = std::mem::take(&mut *requests.lock().unwrap());
        assert_eq!(requests.len(), 3, "the garbled one keeps the queue's visibility timeout");
        for (request, least) in requests.iter().zip([30, 60, 120]) {
            let [entry] = &request["Entries"].as_array().unwrap()[..] else { panic!("{request}") };
            let seconds = entry["VisibilityTimeout"].as_i64().unwrap();
            assert!((least..=least * 5 / 4).contains(&seconds), "{request}");
            assert_eq!(request["QueueUrl"], "http://sqs.example/mail");
        }
        assert_eq!(requests[0]["Entries"][0]["ReceiptHandle"], "receipt of 1");

        assert!(lease(&fixture.shop.db, 10).await.unwrap().is_empty(), "not due yet");
        let due_in = "select extract(epoch from available_at - now())::int4 from outbox
                     where dedupe_key like 'order_placed:%' and sent_at is null";
        assert!((590..=600).contains(&fixture.shop.one::<i32>(due_in).await), "round {round}");
        fixture.shop.run("update outbox set available_at = now()").await;
        let [message] = &lease(&fixture.shop.db, 10).await.unwrap()[..] else {
            panic!("one message")
        };
        let payload: Value = serde_json::from_str(&message.body).unwrap();
        assert_eq!(payload, json!({"v": 1, "type": "order_placed", "order": fixture.order}));
        mark_sent(&fixture.shop.db, &[message.id]).await.unwrap();
    }

    assert!(!process(&fixture, &visibility, 1).await);

    assert_eq!(fixture.ses.mails().len(), 1);
    assert_eq!(fixture.recorded().await.0, "sent");
    assert!(requests.lock().unwrap().is_empty(), "a message that is done needs no pause");
}

#[tokio::test]
async fn a_mail_that_waits_in_the_outbox_is_seen_as_late() {
    let fixture = Fixture::open().await;
    let sql = "insert into outbox (topic, dedupe_key, payload, created_at, sent_at)
               values ('mail', $1, '{}', now() - interval '1 hour', now())";
    let key = fixture.order_placed().event.dedupe_key();
    fixture.shop.admin.execute(sql, &[&key]).await.unwrap();
    fixture.ses.refuse(429, "TooManyRequestsException", "slow down");
    process(&fixture, &VisibilityTimeouts::unchanged(), 4).await;

    let lag = domain::operations::lag(&fixture.shop.db).await.unwrap();

    // Counted from the event, not from the latest try: the alarm on the outbox's lag sees it.
    assert!(lag.outbox >= 3600, "{}", lag.outbox);
}

#[tokio::test]
async fn a_pause_that_cannot_be_had_leaves_the_time_to_the_queue() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let (refusing, _) = sqs(StatusCode::FORBIDDEN).await;
    for address in ["http://127.0.0.1:1", &refusing, &silent] {
        let mut fixture = Fixture::open().await;
        let visibility = VisibilityTimeouts::with_config(
            &ses::at(address),
            "http://sqs.example/mail".to_owned(),
        );
        fixture.mailer.sender = Sender::through(&ses::at("http://127.0.0.1:1"), SHOP.to_owned());
        fixture.mailer.staff = STAFF.to_owned();

        assert!(process(&fixture, &visibility, 1).await, "{address}: it is retried");

        fixture.mailer.sender = Sender::through(&fixture.ses.config(), SHOP.to_owned());
        assert!(!process(&fixture, &visibility, 2).await);
        assert_eq!(fixture.ses.mails().len(), 1);
    }
}
