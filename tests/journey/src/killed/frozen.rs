use super::{Moment, Stage};
use serde_json::{Value, json};
use stack::leash::signal;
use stack::proxy::{At, Break, Proxy, Way};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::timeout;

/// Freezes whoever is at work. Their messages lie in the queue meanwhile, and nobody sees them.
fn freeze(pids: Vec<u32>, frozen: &Mutex<Vec<u32>>) {
    for pid in &pids {
        signal(*pid, "STOP").unwrap();
    }
    frozen.lock().unwrap().extend(pids);
}

/// Lets them go on, until the database has told them that what they write is `nothing`.
async fn thaw(line: &Proxy, frozen: &Mutex<Vec<u32>>, nothing: &str) {
    let times = line.struck() + 1;
    line.script(Way::ToClient, At::text(nothing), Break::Delay(Duration::ZERO));
    line.let_go();
    for pid in frozen.lock().unwrap().drain(..) {
        signal(pid, "CONT").unwrap();
    }
    let heard = timeout(crate::PATIENCE, line.has_struck(times)).await;
    assert!(heard.is_ok(), "the thawed one never heard {nothing}");
}

impl Stage {
    /// What the queue does once a message has been invisible for long enough, which takes minutes.
    async fn hand_out_again(&self, queue: &str, function: &str) {
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
    let stage = Stage::set().await;
    let (line, frozen) = (&stage.lines().database, Mutex::default());

    // SES has the mail, and the sender stands still before it notes that.
    let text = "update emails set status = 'sent'";
    let at = Moment { function: "SendEmail", line, way: Way::ToServer, text };
    let work = async {
        let placed = stage.order("the sender is frozen").await;
        stage.send().await;
        placed
    };
    let placed = stage.held(at, work, async |pids| freeze(pids, &frozen)).await;
    let order = placed.body["id"].as_str().unwrap();
    stage.time_passes().await;
    stage.hand_out_again("MailQueue", "SendEmail").await;
    let mail = "
        select concat(claim_token, status, attempts, ses_message_id)
        from emails where dedupe_key like 'order_placed:%'";
    let noted: String = stage.one(mail).await;
    assert!(noted.contains("sent"), "{noted}");
    thaw(line, &frozen, "UPDATE 0").await;
    stage.books_agree().await;
    assert_eq!(stage.one::<String>(mail).await, noted, "the note of the second one stands");
    assert_eq!(
        stage.mails(order, "").await,
        2,
        "once more than needed, which is better than never"
    );

    // The count is about to be taken in.
    let text = "insert into inbox";
    let at = Moment { function: "SyncInventory", line, way: Way::ToServer, text };
    let counts = json!([{"sku": "MUG-BLUE", "sequence": 1, "on_hand": 55}]);
    let wish = json!({"source": "acme", "counts": counts});
    let work = async {
        let told = stage.admin.post("/v1/inventory/sync", &wish).await;
        stage.send().await;
        told
    };
    let told = stage.held(at, work, async |pids| freeze(pids, &frozen)).await;
    assert_eq!(told.unwrap().status, 202);
    stage.hand_out_again("InventoryQueue", "SyncInventory").await;
    let moves = "select count(*) from stock_moves where on_hand_delta = 15";
    assert_eq!(stage.one::<i64>(moves).await, 1);
    thaw(line, &frozen, "INSERT 0 0").await;
    stage.books_agree().await;
    assert_eq!(stage.one::<i64>(moves).await, 1);
    let level = stage.admin.get("/v1/inventory/MUG-BLUE").await.unwrap();
    assert_eq!(level.body["on_hand"], 55);
}
