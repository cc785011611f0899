use super::{
    super::{Card, Delivery, Fault},
    *,
};

#[tokio::test]
async fn events_arrive_signed_and_in_order() {
    let (bench, shop) = Bench::with_shop().await;
    let intent = bench.intent(500).await;
    bench.stripe.pay(&intent, Card::Visa).unwrap();

    bench.stripe.idle().await;

    assert_eq!(shop.kinds(), bench.kinds());
    for (headers, body) in shop.letters() {
        let shown = headers["stripe-signature"].to_str().unwrap();
        let (time, _) = shown.strip_prefix("t=").unwrap().split_once(',').unwrap();
        assert_eq!(shown, signature(&["whsec_one"], time.parse().unwrap(), body.as_bytes()));
        let event: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&event["object"], &event["livemode"]), (&"event".into(), &false.into()));
        assert_eq!(event["api_version"], super::super::API_VERSION);
    }
    assert!(bench.stripe.events().iter().all(|event| event["pending_webhooks"] == 0));
}

#[tokio::test]
async fn an_event_names_the_call_that_caused_it() {
    let (bench, _shop) = Bench::with_shop().await;

    bench.post_with_key("v1/payment_intents", "amount=5&currency=eur", "pay_1").await;
    let intent = bench.stripe.ledger()[0].intent.clone();
    bench.stripe.pay(&intent, Card::Visa).unwrap();

    let events = bench.stripe.events();
    assert_eq!(events[0]["request"]["idempotency_key"], "pay_1");
    assert_eq!(events[1]["request"], serde_json::json!({"id": null, "idempotency_key": null}));
}

#[tokio::test]
async fn while_the_secret_is_rotated_both_sign() {
    let (bench, shop) = Bench::with_shop().await;
    bench.stripe.set_webhook(&shop.url, ["whsec_old", "whsec_new"]);

    bench.intent(500).await;
    bench.stripe.idle().await;

    let (headers, _) = &shop.letters()[0];
    assert_eq!(headers["stripe-signature"].to_str().unwrap().matches("v1=").count(), 2);
}

#[tokio::test]
async fn a_refused_event_comes_again_and_lets_others_pass() {
    let (bench, shop) = Bench::with_shop().await;
    shop.will_answer([500]);
    let intent = bench.intent(500).await;
    bench.stripe.pay(&intent, Card::Visa).unwrap();

    bench.stripe.idle().await;

    assert_eq!(
        shop.kinds(),
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "payment_intent.created"
        ]
    );
    let first = id(&bench.stripe.events()[0]);
    let attempts: Vec<_> =
        bench.stripe.deliveries().into_iter().filter(|one| one.event == first).collect();
    let attempt = |attempt, status| Delivery {
        event: first.clone(),
        kind: "payment_intent.created".to_owned(),
        attempt,
        status: Some(status),
    };
    assert_eq!(attempts, [attempt(1, 500), attempt(2, 200)]);
}

#[tokio::test]
async fn an_event_comes_as_often_as_scripted() {
    let (bench, shop) = Bench::with_shop().await;
    bench.stripe.script(Fault::Duplicate(29));

    bench.intent(500).await;
    bench.stripe.idle().await;

    let letters = shop.letters();
    assert_eq!(letters.len(), 30);
    assert!(letters.iter().all(|(_, body)| *body == letters[0].1));
}

#[tokio::test]
async fn a_reordered_event_lets_the_next_one_pass() {
    let (bench, shop) = Bench::with_shop().await;
    bench.stripe.script_on("charge.succeeded", Fault::Reorder);
    let intent = bench.intent(500).await;
    bench.stripe.pay(&intent, Card::Visa).unwrap();

    bench.stripe.idle().await;

    assert_eq!(shop.kinds()[1..], ["payment_intent.succeeded", "charge.succeeded"]);
}

#[tokio::test]
async fn held_events_wait_for_their_release() {
    let (bench, shop) = Bench::with_shop().await;
    bench.stripe.script_on("succeeded", Fault::Hold);
    let intent = bench.intent(500).await;
    bench.stripe.pay(&intent, Card::Visa).unwrap();

    bench.stripe.idle().await;
    let before = shop.kinds();
    bench.stripe.release();
    bench.stripe.idle().await;

    assert_eq!(before, ["payment_intent.created"]);
    assert_eq!(shop.kinds(), bench.kinds());
}

#[tokio::test]
async fn a_dropped_event_happened_but_never_arrives() {
    let (bench, shop) = Bench::with_shop().await;
    bench.stripe.script(Fault::Drop);
    let intent = bench.intent(500).await;
    bench.stripe.pay(&intent, Card::Visa).unwrap();

    bench.stripe.idle().await;

    assert_eq!(bench.kinds().len(), 3);
    assert_eq!(shop.kinds(), ["charge.succeeded", "payment_intent.succeeded"]);
}

#[tokio::test]
async fn invented_events_are_delivered_as_they_are() {
    let (bench, shop) = Bench::with_shop().await;
    let event = bench.stripe.announce("planet.discovered", serde_json::json!({"name": "\u{0}"}));
    let mut live = event.clone();
    live["id"] = "evt_live".into();
    live["livemode"] = true.into();
    live["created"] = (now() - 172_800).into();

    bench.stripe.deliver(live.clone());
    bench.stripe.idle().await;

    let bodies: Vec<Value> =
        shop.letters().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(bodies, [event, live]);
}
