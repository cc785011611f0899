use super::{CrashPoint, Fixture};
use serde_json::json;
use stack::proxy::Direction;
use stack::stripe::{Card, Fault};

const PAID: &str = "payment_intent.succeeded";

/// Kills the webhook while it processes a payment's event, and returns the order's id.
async fn crash(fixture: &Fixture, key: &str, direction: Direction, text: &str) -> String {
    let (order, intent) = fixture.open_payment(key).await;
    // Delivers the payment's other events first: the proxy must hold the one under test.
    fixture.stripe().inject_on(PAID, Fault::Hold);
    fixture.stripe().pay(&intent, Card::Visa).unwrap();
    fixture.stripe().idle().await;
    let at = CrashPoint {
        function: "StripeWebhook",
        proxy: &fixture.proxies().database,
        direction,
        text,
    };
    let delivery = async {
        fixture.stripe().release();
        fixture.stripe().idle().await;
    };
    fixture.kill_at(at, delivery).await;
    let event = fixture.stripe().events().into_iter().rev().find(|event| event["type"] == PAID);
    let event = event.unwrap()["id"].clone();
    let responses: Vec<_> = fixture
        .stripe()
        .deliveries()
        .into_iter()
        .filter(|delivery| event == delivery.event)
        .map(|delivery| delivery.status)
        .collect();
    assert_eq!(responses, [Some(500), Some(200)], "Stripe delivered it again");
    order
}

#[tokio::test]
async fn an_event_whose_receiver_dies_within_its_effect_or_before_the_answer_has_one_effect() {
    let fixture = Fixture::open().await;
    let pending =
        "select count(*) from stripe_events where processed_at is null and parked_reason is null";

    // In the middle of its transaction: nothing is stored, and the second delivery does everything.
    let within = "insert into ledger";
    let first = crash(&fixture, "crash within the transaction", Direction::ToServer, within).await;
    assert_eq!(fixture.status(&first).await, "confirmed");
    assert_eq!(fixture.one::<i64>(pending).await, 0);

    // After the commit, before the function receives the result.
    let second = crash(&fixture, "crash before the response", Direction::ToClient, "COMMIT").await;
    assert_eq!(fixture.status(&second).await, "confirmed");
    assert_eq!(fixture.one::<i64>(pending).await, 0);
    fixture.expire_leases().await;
    let report = fixture.sweep().await;
    assert_eq!((&report["events"], &report["messages"]), (&json!(0), &json!(1)));

    fixture.audit().await;
    assert_eq!(fixture.one::<i64>("select count(*) from ledger").await, 2, "one capture each");
    for order in [first, second] {
        assert_eq!(fixture.count_emails(&order, "confirmed").await, 1);
    }
}
