use super::{CrashPoint, Fixture};
use serde_json::{Value, json};
use stack::process_guard::send_signal;
use stack::proxy::{Direction, NetworkFault, Proxy, Trigger};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::timeout;

/// Stops the processes. Their messages stay in the queue, invisible.
fn freeze(pids: Vec<u32>, frozen: &Mutex<Vec<u32>>) {
    for pid in &pids {
        send_signal(*pid, "STOP").unwrap();
    }
    frozen.lock().unwrap().extend(pids);
}

/// Continues the processes, and waits until the database reports `no_rows` to one of them: its write had no effect.
async fn thaw(proxy: &Proxy, frozen: &Mutex<Vec<u32>>, no_rows: &str) {
    let times = proxy.fault_count() + 1;
    proxy.inject(Direction::ToClient, Trigger::text(no_rows), NetworkFault::Delay(Duration::ZERO));
    proxy.release();
    for pid in frozen.lock().unwrap().drain(..) {
        send_signal(pid, "CONT").unwrap();
    }
    let received = timeout(crate::TIMEOUT, proxy.wait_for_faults(times)).await;
    assert!(received.is_ok(), "the continued process never received {no_rows}");
}

impl Fixture {
    /// Delivers the queue's message to another process, as SQS does after the visibility timeout of minutes.
    async fn redeliver(&self, queue: &str, function: &str) {
        let messages = self.shop.aws().messages(queue).await.unwrap();
        assert_eq!(messages.len(), 1, "{messages:?}");
        let records: Vec<Value> = messages
            .iter()
            .map(|message| {
                json!({
                    "messageId": message.id, "receiptHandle": "the second", "body": message.body,
                    "attributes": {"ApproximateReceiveCount": "2"}, "messageAttributes": {},
                    "eventSource": "aws:sqs",
                })
            })
            .collect();
        let report = self.shop.gateway.invoke(function, &json!({"Records": records})).await;
        assert_eq!(report.unwrap()["batchItemFailures"], json!([]));
    }
}

#[tokio::test]
async fn what_a_frozen_worker_leaves_is_done_by_another_and_once_thawed_it_changes_nothing() {
    let fixture = Fixture::open().await;
    let (proxy, frozen) = (&fixture.proxies().database, Mutex::default());

    // Stopped after SES accepted the email, before that is recorded.
    let text = "update emails set status = 'sent'";
    let at = CrashPoint { function: "SendEmail", proxy, direction: Direction::ToServer, text };
    let work = async {
        let placed = fixture.order("the sender is frozen").await;
        fixture.send_outbox().await;
        placed
    };
    let placed = fixture.hold_at(at, work, async |pids| freeze(pids, &frozen)).await;
    let order = placed.body["id"].as_str().unwrap();
    fixture.expire_leases().await;
    fixture.redeliver("MailQueue", "SendEmail").await;
    let mail = "
        select concat(claim_token, status, attempts, ses_message_id)
        from emails where dedupe_key like 'order_placed:%'";
    let recorded: String = fixture.one(mail).await;
    assert!(recorded.contains("sent"), "{recorded}");
    thaw(proxy, &frozen, "UPDATE 0").await;
    fixture.audit().await;
    assert_eq!(
        fixture.one::<String>(mail).await,
        recorded,
        "the record of the second process stays"
    );
    assert_eq!(fixture.count_emails(order, "").await, 2, "sent twice: at least once");

    // Stopped before the count is stored.
    let text = "insert into inbox";
    let at = CrashPoint { function: "SyncInventory", proxy, direction: Direction::ToServer, text };
    let counts = json!([{"sku": "MUG-BLUE", "sequence": 1, "on_hand": 55}]);
    let body = json!({"source": "acme", "counts": counts});
    let work = async {
        let accepted = fixture.admin.post("/v1/stock-counts", &body).await;
        fixture.send_outbox().await;
        accepted
    };
    let accepted = fixture.hold_at(at, work, async |pids| freeze(pids, &frozen)).await;
    assert_eq!(accepted.unwrap().status, 202);
    fixture.redeliver("InventoryQueue", "SyncInventory").await;
    let moves = "select count(*) from stock_moves where on_hand_delta = 15";
    assert_eq!(fixture.one::<i64>(moves).await, 1);
    thaw(proxy, &frozen, "INSERT 0 0").await;
    fixture.audit().await;
    assert_eq!(fixture.one::<i64>(moves).await, 1);
    let level = fixture.admin.get("/v1/inventory/MUG-BLUE").await.unwrap();
    assert_eq!(level.body["on_hand"], 55);
}
