use super::{
    super::{Called, Card, Fault},
    *,
};

#[tokio::test]
async fn only_a_test_key_opens() {
    let bench = Bench::new().await;
    let url = bench.url("v1/events");

    let none = bench.client.get(&url).send().await.unwrap();
    let live = bench.client.get(&url).bearer_auth("sk_live_1").send().await.unwrap();
    let test = bench.client.get(&url).bearer_auth("sk_test_1").send().await.unwrap();

    assert_eq!(
        (none.status(), live.status(), test.status()),
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED, StatusCode::OK)
    );
    assert!(test.headers()["request-id"].to_str().unwrap().starts_with("req_"));
}

#[tokio::test]
async fn an_unknown_address_and_an_unknown_id_are_404() {
    let bench = Bench::new().await;

    let (nowhere, _) = bench.get("v1/nowhere").await;
    let (nobody, error) = bench.get("v1/payment_intents/pi_nobody").await;

    assert_eq!((nowhere, nobody), (404, 404));
    assert_eq!(error["error"]["code"], "resource_missing");
    assert_eq!(error["error"]["message"], "No such payment_intent: 'pi_nobody'");
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer() {
    let bench = Bench::new().await;

    let first = bench.send("v1/payment_intents", "amount=5&currency=eur", "k").await.unwrap();
    let again = bench.send("v1/payment_intents", "currency=eur&amount=5", "k").await.unwrap();

    assert!(first.headers().get("idempotent-replayed").is_none());
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(read(first).await, read(again).await);
    assert_eq!(bench.stripe.ledger().len(), 1);
}

#[tokio::test]
async fn a_key_does_not_serve_for_other_parameters() {
    let bench = Bench::new().await;
    bench.post_with_key("v1/payment_intents", "amount=5&currency=eur", "k").await;

    let (status, error) =
        bench.post_with_key("v1/payment_intents", "amount=6&currency=eur", "k").await;

    assert_eq!((status, &error["error"]["type"]), (400, &"idempotency_error".into()));
}

#[tokio::test]
async fn a_decline_is_kept_under_its_key_but_a_bad_parameter_is_not() {
    let bench = Bench::new().await;
    let path = format!("v1/payment_intents/{}/confirm", bench.intent(500).await);

    let bad = bench.post_with_key(&path, "", "k").await;
    let declined = bench.post_with_key(&path, "payment_method=pm_card_chargeDeclined", "k").await;
    let again = bench.post_with_key(&path, "payment_method=pm_card_chargeDeclined", "k").await;

    assert_eq!((bad.0, declined.0), (400, 402));
    assert_eq!(declined, again);
    assert_eq!(bench.kinds().iter().filter(|kind| *kind == "charge.failed").count(), 1);
}

#[tokio::test]
async fn calls_at_once_with_one_key_make_one_payment() {
    let bench = Bench::new().await;

    let call = || bench.post_with_key("v1/payment_intents", "amount=5&currency=eur", "k");
    let answers = tokio::join!(call(), call(), call(), call(), call(), call());

    assert_eq!(answers.0, answers.5);
    assert_eq!(bench.stripe.ledger().len(), 1);
}

#[tokio::test]
async fn a_list_is_newest_first_and_comes_in_pages() {
    let bench = Bench::new().await;
    let (old, middle, new) = (bench.intent(1).await, bench.intent(2).await, bench.intent(3).await);

    let (_, first) = bench.get("v1/payment_intents?limit=2").await;
    let (_, second) =
        bench.get(&format!("v1/payment_intents?limit=2&starting_after={middle}")).await;

    assert_eq!((&first["data"][0]["id"], &first["data"][1]["id"]), (&new.into(), &middle.into()));
    assert_eq!((&first["has_more"], &second["has_more"]), (&true.into(), &false.into()));
    assert_eq!(second["data"][0]["id"], old);
}

#[tokio::test]
async fn events_are_listed_by_type() {
    let bench = Bench::new().await;
    let intent = bench.intent(500).await;
    bench.stripe.pay(&intent, Card::Visa).unwrap();

    let (_, one) = bench.get("v1/events?type=payment_intent.succeeded").await;
    let (_, many) = bench.get("v1/events?types[]=payment_intent.*&limit=100").await;

    assert_eq!(one["data"].as_array().unwrap().len(), 1);
    assert_eq!(one["data"][0]["data"]["object"]["id"], intent);
    assert_eq!(many["data"].as_array().unwrap().len(), 2);
    let (_, event) = bench.get(&format!("v1/events/{}", id(&one["data"][0]))).await;
    assert_eq!(event, one["data"][0]);
}

#[tokio::test]
async fn a_revoked_key_opens_no_more() {
    let bench = Bench::new().await;
    bench.stripe.accept_only("sk_test_2");

    let (old, _) = bench.get("v1/events").await;
    let new = bench.client.get(bench.url("v1/events")).bearer_auth("sk_test_2");

    assert_eq!((old, new.send().await.unwrap().status()), (401, StatusCode::OK));
}

#[tokio::test]
async fn every_call_is_noted() {
    let bench = Bench::new().await;
    bench.stripe.script(Fault::SilenceAfter);

    bench.send("v1/payment_intents", "amount=5&currency=eur", "k").await.unwrap_err();
    bench.get("v1/nowhere").await;

    let called = |call: &str, key: Option<&str>, status| Called {
        call: call.to_owned(),
        key: key.map(str::to_owned),
        status,
    };
    assert_eq!(
        bench.stripe.calls(),
        [
            called("POST /v1/payment_intents", Some("k"), None),
            called("GET /v1/nowhere", None, Some(404)),
        ]
    );
}
