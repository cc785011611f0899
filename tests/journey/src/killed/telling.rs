use super::{Moment, Stage};
use serde_json::json;
use stack::proxy::Way;
use stack::stripe::{Card, Fault};

const PAID: &str = "payment_intent.succeeded";

/// Has Stripe tell of a payment, and kills whoever hears it. Gives back the order.
async fn dies(stage: &Stage, key: &str, way: Way, text: &str) -> String {
    let (order, intent) = stage.opened(key).await;
    // The other events of a payment are told before; the line is held at the one that counts.
    stage.stripe().script_on(PAID, Fault::Hold);
    stage.stripe().pay(&intent, Card::Visa).unwrap();
    stage.stripe().idle().await;
    let at = Moment { function: "StripeWebhook", line: &stage.lines().database, way, text };
    let told = async {
        stage.stripe().release();
        stage.stripe().idle().await;
    };
    stage.killed(at, told).await;
    let event = stage.stripe().events().into_iter().rev().find(|event| event["type"] == PAID);
    let event = event.unwrap()["id"].clone();
    let answers: Vec<_> = stage
        .stripe()
        .deliveries()
        .into_iter()
        .filter(|delivery| event == delivery.event)
        .map(|delivery| delivery.status)
        .collect();
    assert_eq!(answers, [Some(500), Some(200)], "it was told again");
    order
}

#[tokio::test]
async fn an_event_whose_receiver_dies_within_its_effect_or_before_the_answer_has_one_effect() {
    let stage = Stage::set().await;
    let pending =
        "select count(*) from stripe_events where processed_at is null and parked_reason is null";

    // In the middle of its effect: nothing is kept, and the second telling does all of it.
    let within = "insert into ledger";
    let first = dies(&stage, "dies within the effect", Way::ToServer, within).await;
    assert_eq!(stage.status(&first).await, "confirmed");
    assert_eq!(stage.one::<i64>(pending).await, 0);

    // The server has committed, and says so to nobody.
    let second = dies(&stage, "dies before the answer", Way::ToClient, "COMMIT").await;
    assert_eq!(stage.status(&second).await, "confirmed");
    assert_eq!(stage.one::<i64>(pending).await, 0);
    stage.time_passes().await;
    let report = stage.sweep().await;
    assert_eq!((&report["events"], &report["messages"]), (&json!(0), &json!(1)));

    stage.books_agree().await;
    assert_eq!(stage.one::<i64>("select count(*) from ledger").await, 2, "each was captured once");
    for order in [first, second] {
        assert_eq!(stage.mails(&order, "confirmed").await, 1);
    }
}
