use super::{
    super::{Card, Fault, RecordedCall},
    *,
};

#[tokio::test]
async fn only_a_test_key_opens() {
    let fixture = Fixture::new().await;
    let url = fixture.url("v1/events");

    let none = fixture.client.get(&url).send().await.unwrap();
    let live = fixture.client.get(&url).bearer_auth("sk_live_1").send().await.unwrap();
    let test = fixture.client.get(&url).bearer_auth("sk_test_1").send().await.unwrap();

    assert_eq!(
        (none.status(), live.status(), test.status()),
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED, StatusCode::OK)
    );
    assert!(test.headers()["request-id"].to_str().unwrap().starts_with("req_"));
}

#[tokio::test]
async fn an_unknown_address_and_an_unknown_id_are_404() {
    let fixture = Fixture::new().await;

    let (nowhere, _) = fixture.get("v1/nowhere").await;
    let (nobody, error) = fixture.get("v1/payment_intents/pi_nobody").await;

    assert_eq!((nowhere, nobody), (404, 404));
    assert_eq!(error["error"]["code"], "resource_missing");
    assert_eq!(error["error"]["message"], "No such payment_intent: 'pi_nobody'");
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer() {
    let fixture = Fixture::new().await;

    let first = fixture.send("v1/payment_intents", "amount=500&currency=eur", "k").await.unwrap();
    let again = fixture.send("v1/payment_intents", "currency=eur&amount=500", "k").await.unwrap();

    assert!(first.headers().get("idempotent-replayed").is_none());
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(read(first).await, read(again).await);
    assert_eq!(fixture.stripe.ledger().len(), 1);
}

#[tokio::test]
async fn a_key_does_not_serve_for_other_parameters() {
    let fixture = Fixture::new().await;
    fixture.post_with_key("v1/payment_intents", "amount=500&currency=eur", "k").await;

    let (status, error) =
        fixture.post_with_key("v1/payment_intents", "amount=600&currency=eur", "k").await;

    assert_eq!((status, &error["error"]["type"]), (400, &"idempotency_error".into()));
}

#[tokio::test]
async fn a_decline_is_kept_under_its_key_but_a_bad_parameter_is_not() {
    let fixture = Fixture::new().await;
    let path = format!("v1/payment_intents/{}/confirm", fixture.intent(500).await);

    let bad = fixture.post_with_key(&path, "", "k").await;
    let declined = fixture.post_with_key(&path, "payment_method=pm_card_chargeDeclined", "k").await;
    let again = fixture.post_with_key(&path, "payment_method=pm_card_chargeDeclined", "k").await;

    assert_eq!((bad.0, declined.0), (400, 402));
    assert_eq!(declined, again);
    assert_eq!(fixture.kinds().iter().filter(|kind| *kind == "charge.failed").count(), 1);
}

#[tokio::test]
async fn calls_at_once_with_one_key_make_one_payment() {
    let fixture = Fixture::new().await;

    let call = || fixture.post_with_key("v1/payment_intents", "amount=500&currency=eur", "k");
    let answers = tokio::join!(call(), call(), call(), call(), call(), call());

    assert_eq!(answers.0, answers.5);
    assert_eq!(fixture.stripe.ledger().len(), 1);
}

#[tokio::test]
async fn a_list_is_newest_first_and_comes_in_pages() {
    let fixture = Fixture::new().await;
    let (old, middle, new) =
        (fixture.intent(100).await, fixture.intent(200).await, fixture.intent(300).await);

    let (_, first) = fixture.get("v1/payment_intents?limit=2").await;
    let (_, second) =
        fixture.get(&format!("v1/payment_intents?limit=2&starting_after={middle}")).await;

    assert_eq!((&first["data"][0]["id"], &first["data"][1]["id"]), (&new.into(), &middle.into()));
    assert_eq!((&first["has_more"], &second["has_more"]), (&true.into(), &false.into()));
    assert_eq!(second["data"][0]["id"], old);
}

#[tokio::test]
async fn events_are_listed_by_type() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(500).await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();

    let (_, one) = fixture.get("v1/events?type=payment_intent.succeeded").await;
    let (_, many) = fixture.get("v1/events?types[]=payment_intent.*&limit=100").await;

    assert_eq!(one["data"].as_array().unwrap().len(), 1);
    assert_eq!(one["data"][0]["data"]["object"]["id"], intent);
    assert_eq!(many["data"].as_array().unwrap().len(), 2);
    let (_, event) = fixture.get(&format!("v1/events/{}", id(&one["data"][0]))).await;
    assert_eq!(event, one["data"][0]);
}

#[tokio::test]
async fn a_revoked_key_opens_no_more() {
    let fixture = Fixture::new().await;
    fixture.stripe.accept_only_key("sk_test_2");

    let (old, _) = fixture.get("v1/events").await;
    let new = fixture.client.get(fixture.url("v1/events")).bearer_auth("sk_test_2");

    assert_eq!((old, new.send().await.unwrap().status()), (401, StatusCode::OK));
}

#[tokio::test]
async fn every_call_is_noted() {
    let fixture = Fixture::new().await;
    fixture.stripe.inject(Fault::DisconnectAfter);

    fixture.send("v1/payment_intents", "amount=500&currency=eur", "k").await.unwrap_err();
    fixture.get("v1/nowhere").await;

    let called = |call: &str, key: Option<&str>, status| RecordedCall {
        call: call.to_owned(),
        key: key.map(str::to_owned),
        parameters: match key {
            Some(_) => vec![
                ("amount".to_owned(), "500".to_owned()),
                ("currency".to_owned(), "eur".to_owned()),
            ],
            None => Vec::new(),
        },
        status,
    };
    assert_eq!(
        fixture.stripe.calls(),
        [
            called("POST /v1/payment_intents", Some("k"), None),
            called("GET /v1/nowhere", None, Some(404)),
        ]
    );
}
