use super::Fixture;
use domain::money::{Currency, Money};
use domain::payments::{self, EventPayload, PaymentUpdate, Status};
use domain::workflows::apply_event;
use serde_json::{Value, json};
use testkit::{Order, Product};

impl Fixture {
    /// Inserts an event. `state`: `processed`, `waiting`, or the quoted reason why it is parked.
    async fn event(&self, id: &str, kind: &str, state: &str) {
        let (processed, reason) = match state {
            "processed" => ("now()", "null"),
            "waiting" => ("null", "null"),
            reason => ("null", reason),
        };
        let sql = format!(
            "insert into stripe_events (event_id, type, object_id, created, livemode, raw, processed_at, parked_reason,
                                        attempts, next_try_at)
             values ('{id}', '{kind}', 'pi_1', now(), false, '{{\"id\": \"{id}\"}}', {processed}, {reason},
                     10, now() + interval '1 hour')"
        );
        self.shop.run(&sql).await;
    }

    /// A pending order, and a parked event that its payment of 5.00 EUR succeeded.
    async fn parked_payment_event(&self) -> EventPayload {
        let product = self.shop.product(Product { price: 500, ..Product::any() }).await;
        let buyer = self.shop.customer().await;
        self.shop.order(&buyer, Order { product, quantity: 1 }).await;
        let sql = "insert into payments (id, order_id, currency, provider_pi, amount_minor, status)
                   select gen_random_uuid(), id, currency, 'pi_1', total_minor, 'processing' from orders";
        self.shop.run(sql).await;
        self.event("evt_1", "payment_intent.succeeded", "'failing'").await;
        EventPayload::Payment(PaymentUpdate {
            provider: Some("pi_1".to_owned()),
            session: None,
            payment: None,
            status: Status::Succeeded,
            amount: Money { minor: 500, currency: Currency::EUR },
            decline_code: None,
            waits_for: None,
            at: testkit::clock().now(),
        })
    }

    /// Applies `payload` to all due events, as the sweep of a test shop does; how many there were.
    async fn sweep(&self, payload: &EventPayload) -> usize {
        self.sweep_in(false, payload).await
    }

    /// As [`Self::sweep`], in a live or a test shop.
    async fn sweep_in(&self, live: bool, payload: &EventPayload) -> usize {
        let due = payments::due_events(&self.shop.db, 50).await.unwrap();
        for event in &due {
            apply_event(&self.shop.db, &event.id, payload, live).await.unwrap();
        }
        due.len()
    }
}

#[tokio::test]
async fn a_parked_event_that_is_replayed_has_its_effect_once() {
    let fixture = Fixture::new().await;
    let payload = fixture.parked_payment_event().await;
    assert_eq!(fixture.sweep(&payload).await, 0, "parked");

    let (one, other) = tokio::join!(
        fixture.post("stripe-events/evt_1/replay"),
        fixture.post("stripe-events/evt_1/replay")
    );
    assert_eq!((one.status, other.status), (202, 202), "{}", one.body);
    assert_eq!((&one.body["state"], &one.body["attempts"]), (&json!("waiting"), &json!(0)));
    tokio::join!(fixture.sweep(&payload), fixture.sweep(&payload));
    let again = fixture.post("stripe-events/evt_1/replay").await;
    fixture.sweep(&payload).await;

    assert_eq!((again.status, &again.body["state"]), (200, &json!("processed")));
    assert_eq!(fixture.shop.one::<String>("select status from orders").await, "confirmed");
    assert_eq!(fixture.shop.one::<i64>("select count(*) from ledger").await, 1);
    assert_eq!(fixture.get("invariants").await.body["hold"], true);
}

#[tokio::test]
async fn an_event_that_waits_for_its_turn_can_be_hurried() {
    let fixture = Fixture::new().await;
    fixture.event("evt_1", "charge.refunded", "waiting").await;
    assert_eq!(fixture.sweep(&EventPayload::Other).await, 0);

    assert_eq!(fixture.post("stripe-events/evt_1/replay").await.status, 202);

    assert_eq!(fixture.sweep(&EventPayload::Other).await, 1);
}

#[tokio::test]
async fn an_event_of_the_other_mode_takes_effect_once_the_mode_is_right() {
    let fixture = Fixture::new().await;
    let payload = fixture.parked_payment_event().await;
    fixture.shop.run("update stripe_events set parked_reason = 'livemode'").await;
    let paid = "select count(*) from ledger";

    let replayed = fixture.post("stripe-events/evt_1/replay").await;
    fixture.sweep_in(true, &payload).await;
    let parked = fixture.get("stripe-events/evt_1").await;
    let paid_in_wrong_mode = fixture.shop.one::<i64>(paid).await;
    fixture.post("stripe-events/evt_1/replay").await;
    fixture.sweep_in(false, &payload).await;

    assert_eq!((replayed.status, paid_in_wrong_mode), (202, 0));
    assert_eq!((parked.text("/state"), parked.text("/parked_reason")), ("parked", "livemode"));
    assert_eq!(fixture.get("stripe-events/evt_1").await.body["state"], "processed");
    assert_eq!(fixture.shop.one::<i64>(paid).await, 1);
}

#[tokio::test]
async fn an_event_that_never_came_is_not_found() {
    let fixture = Fixture::new().await;
    for (id, code) in
        [("evt_1", "event_not_found"), ("evt_%00", "not_found"), ("pi_1", "not_found")]
    {
        assert_eq!(fixture.get(&format!("stripe-events/{id}")).await.refusal(), (404, code));
        let replay = fixture.post(&format!("stripe-events/{id}/replay")).await;
        assert_eq!(replay.refusal(), (404, code), "{id}");
    }
}

#[tokio::test]
async fn an_event_shows_what_stripe_said() {
    let fixture = Fixture::new().await;
    fixture.event("evt_1", "charge.refunded", "processed").await;
    fixture.event("evt_2", "charge.refunded", "'unreadable'").await;
    fixture.shop.run("update stripe_events set raw = '\\xfffe' where event_id = 'evt_2'").await;

    let one = fixture.get("stripe-events/evt_1").await;
    let two = fixture.get("stripe-events/evt_2").await;

    assert_eq!((one.status, &one.body["raw"]), (200, &json!({"id": "evt_1"})));
    assert_eq!(
        (&one.body["type"], &one.body["object_id"]),
        (&json!("charge.refunded"), &json!("pi_1"))
    );
    assert_eq!(
        (&two.body["raw"], &two.body["parked_reason"]),
        (&Value::Null, &json!("unreadable"))
    );
}

#[tokio::test]
async fn events_are_listed_by_state_and_type_the_newest_first() {
    let fixture = Fixture::new().await;
    for (number, state) in ["processed", "waiting", "'failing'", "processed"].iter().enumerate() {
        let kind = if number == 3 { "charge.refunded" } else { "payment_intent.succeeded" };
        fixture.event(&format!("evt_{number}"), kind, state).await;
    }
    let ids = async |query: &str| -> Vec<Value> {
        let answer = fixture.get(&format!("stripe-events?{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let data = answer.body["data"].as_array().unwrap();
        data.iter().map(|event| event["id"].clone()).collect()
    };

    assert_eq!(ids("").await, ["evt_3", "evt_2", "evt_1", "evt_0"]);
    assert_eq!(ids("state=processed").await, ["evt_3", "evt_0"]);
    assert_eq!(ids("state=parked").await, ["evt_2"]);
    assert_eq!(ids("state=waiting").await, ["evt_1"]);
    assert_eq!(ids("type=charge.refunded").await, ["evt_3"]);
    let first = fixture.get("stripe-events?limit=3").await;
    let cursor = first.text("/next_cursor");
    assert_eq!(ids(&format!("limit=3&cursor={cursor}")).await, ["evt_0"]);
    assert_eq!(fixture.get("stripe-events?state=lost").await.refusal(), (400, "bad_query"));
    assert_eq!(fixture.get("stripe-events?type=%00").await.refusal(), (422, "invalid_value"));
}
