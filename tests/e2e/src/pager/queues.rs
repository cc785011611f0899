//! What is wrong with the queues and the emails.

use super::day::Day;
use super::{State, rings};
use crate::{admin, customer, product, until};
use local::{Options, Shop};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};

async fn open() -> Shop {
    Shop::open(Options { proxies: true, ..Options::default() }).await.unwrap()
}

#[tokio::test]
async fn queues_that_are_away_ring() {
    let shop = open().await;
    let (admin, proxies) = (admin(&shop).await, shop.proxies.as_ref().unwrap());
    let counts = AtomicU32::new(1);
    for state in [State::OutboxLate, State::SweepFails] {
        let away = async |_: &mut Day<'_>| {
            proxies.queues.disable();
            let sequence = counts.fetch_add(1, Ordering::Relaxed);
            let count = json!({"sku": "MUG-BLUE", "sequence": sequence, "on_hand": 77});
            let body = json!({"source": "acme", "counts": [count]});
            let response = admin.post("/v1/stock-counts", &body).await.unwrap();
            assert_eq!(response.status, 202, "{}", response.body);
        };
        let back = async |day: &mut Day<'_>| {
            proxies.queues.restore();
            until("an empty outbox", async || {
                shop.gateway.tick("Sweep").await.ok()?;
                let left = "select count(*) as n from outbox where sent_at is null";
                day.database
                    .batch_execute("update outbox set available_at = now() where sent_at is null")
                    .await
                    .unwrap();
                (day.one(left).await["n"] == 0).then_some(())
            })
            .await;
        };
        rings(&shop, state, away, back).await;
    }
}

#[tokio::test]
async fn emails_that_fail_ring() {
    let shop = open().await;
    let (grace, tea) = (customer(&shop).await, product(&shop, "TEA-GREEN").await);
    let proxies = shop.proxies.as_ref().unwrap();

    let away = async |_: &mut Day<'_>| {
        proxies.mails.disable();
        let body = json!({"lines": [{"product": tea, "quantity": 1}]});
        let order = grace.post_with_new_key("/v1/orders", &body).await.unwrap();
        assert_eq!(order.status, 201, "{}", order.body);
        // The fourth delivery of its message. The first three take minutes.
        let id = order.body["id"].as_str().unwrap();
        let message = json!({"v": 1, "type": "order_placed", "order": id}).to_string();
        let record = json!({
            "messageId": "m1", "receiptHandle": "r1", "body": message, "eventSource": "aws:sqs",
            "attributes": {"ApproximateReceiveCount": "4"}, "messageAttributes": {},
        });
        let said = format!("order_placed:{id} waits in the outbox");
        until("an email that is put off", async || {
            let event = json!({"Records": [record]});
            shop.gateway.invoke("SendEmail", &event).await.unwrap();
            let logs = shop.logs().unwrap();
            logs.lines().iter().any(|(_, line)| line.contains(&said)).then_some(())
        })
        .await;
    };
    let back = async |_: &mut Day<'_>| proxies.mails.restore();
    rings(&shop, State::MailsFail, away, back).await;
}

#[tokio::test]
async fn a_dead_letter_rings() {
    let shop = open().await;

    let dead = async |_: &mut Day<'_>| {
        shop.aws().send("MailDeadLetters", "{\"v\": 2").await.unwrap();
    };
    rings(&shop, State::DeadLetter, dead, async |_| ()).await;
}
