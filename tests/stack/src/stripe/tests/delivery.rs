use super::{
    super::{Card, Fault},
    *,
};

#[tokio::test]
async fn events_arrive_signed_and_in_order() {
    let (fixture, receiver) = Fixture::with_receiver().await;
    let intent = fixture.intent(500).await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();

    fixture.stripe.idle().await;

    assert_eq!(receiver.kinds(), fixture.kinds());
    for (headers, body) in receiver.requests() {
        let header = headers["stripe-signature"].to_str().unwrap();
        let (time, _) = header.strip_prefix("t=").unwrap().split_once(',').unwrap();
        assert_eq!(header, signature(&["whsec_one"], time.parse().unwrap(), body.as_bytes()));
        let event: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&event["object"], &event["livemode"]), (&"event".into(), &false.into()));
        assert_eq!(event["api_version"], super::super::API_VERSION);
    }
    assert!(fixture.stripe.events().iter().all(|event| event["pending_webhooks"] == 0));
}

#[tokio::test]
async fn an_event_names_the_call_that_caused_it() {
    let (fixture, _receiver) = Fixture::with_receiver().await;

    fixture.post_with_key("v1/payment_intents", "amount=500&currency=eur", "pay_1").await;
    let intent = fixture.stripe.ledger()[0].intent.clone();
    fixture.stripe.pay(&intent, Card::Visa).unwrap();

    let events = fixture.stripe.events();
    assert_eq!(events[0]["request"]["idempotency_key"], "pay_1");
    assert_eq!(events[1]["request"], serde_json::json!({"id": null, "idempotency_key": null}));
}

#[tokio::test]
async fn while_the_secret_is_rotated_both_sign() {
    let (fixture, receiver) = Fixture::with_receiver().await;
    fixture.stripe.set_webhook(&receiver.url, ["whsec_old", "whsec_new"]);

    fixture.intent(500).await;
    fixture.stripe.idle().await;

    let (headers, _) = &receiver.requests()[0];
    assert_eq!(headers["stripe-signature"].to_str().unwrap().matches("v1=").count(), 2);
}

#[tokio::test]
async fn a_refused_event_comes_again_and_lets_others_pass() {
    let (fixture, receiver) = Fixture::with_receiver().await;
    receiver.respond_with([500]);
    let intent = fixture.intent(500).await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();

    fixture.stripe.idle().await;

    assert_eq!(
        receiver.kinds(),
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "payment_intent.created"
        ]
    );
    let first = id(&fixture.stripe.events()[0]);
    let attempts = fixture.stripe.deliveries().into_iter();
    let attempts = attempts.filter(|one| one.event == first);
    let attempts: Vec<_> = attempts.map(|one| (one.kind, one.attempt, one.status)).collect();
    let attempt = |attempt, status| ("payment_intent.created".to_owned(), attempt, Some(status));
    assert_eq!(attempts, [attempt(1, 500), attempt(2, 200)]);
}

#[tokio::test]
async fn an_event_comes_as_often_as_scripted() {
    let (fixture, receiver) = Fixture::with_receiver().await;
    fixture.stripe.inject(Fault::Duplicate(29));

    fixture.intent(500).await;
    fixture.stripe.idle().await;

    let requests = receiver.requests();
    assert_eq!(requests.len(), 30);
    assert!(requests.iter().all(|(_, body)| *body == requests[0].1));
}

#[tokio::test]
async fn a_reordered_event_lets_the_next_one_pass() {
    let (fixture, receiver) = Fixture::with_receiver().await;
    fixture.stripe.inject_on("charge.succeeded", Fault::Reorder);
    let intent = fixture.intent(500).await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();

    fixture.stripe.idle().await;

    assert_eq!(receiver.kinds()[1..], ["payment_intent.succeeded", "charge.succeeded"]);
}

#[tokio::test]
async fn held_events_wait_for_their_release() {
    let (fixture, receiver) = Fixture::with_receiver().await;
    fixture.stripe.inject_on("succeeded", Fault::Hold);
    let intent = fixture.intent(500).await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();

    fixture.stripe.idle().await;
    let before = receiver.kinds();
    fixture.stripe.release();
    fixture.stripe.idle().await;

    assert_eq!(before, ["payment_intent.created"]);
    assert_eq!(receiver.kinds(), fixture.kinds());
}

#[tokio::test]
async fn a_dropped_event_happened_but_never_arrives() {
    let (fixture, receiver) = Fixture::with_receiver().await;
    fixture.stripe.inject(Fault::Drop);
    let intent = fixture.intent(500).await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();

    fixture.stripe.idle().await;

    assert_eq!(fixture.kinds().len(), 3);
    assert_eq!(receiver.kinds(), ["charge.succeeded", "payment_intent.succeeded"]);
}

#[tokio::test]
async fn invented_events_are_delivered_as_they_are() {
    let (fixture, receiver) = Fixture::with_receiver().await;
    let event = fixture.stripe.emit("planet.discovered", serde_json::json!({"name": "\u{0}"}));
    let mut live = event.clone();
    live["id"] = "evt_live".into();
    live["livemode"] = true.into();
    live["created"] = (now() - 172_800).into();

    fixture.stripe.emit_with(live.clone());
    fixture.stripe.idle().await;

    let bodies: Vec<Value> =
        receiver.requests().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(bodies, [event, live]);
}
