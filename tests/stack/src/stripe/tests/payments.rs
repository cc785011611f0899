use super::{
    super::{Card, Settlement, Status},
    *,
};

#[tokio::test]
async fn a_payment_is_created_confirmed_and_charged() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(1250).await;

    let path = format!("v1/payment_intents/{intent}/confirm");
    let (status, paid) = fixture.post(&path, "payment_method=pm_card_visa").await;

    assert_eq!((status, &paid["status"]), (200, &"succeeded".into()));
    assert_eq!(paid["metadata"]["order_id"], "7");
    let (_, charge) = fixture.get(&format!("v1/charges/{}", text(&paid["latest_charge"]))).await;
    assert_eq!((&charge["amount"], &charge["paid"]), (&1250.into(), &true.into()));
    assert_eq!(
        fixture.kinds(),
        ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    );
    let [line] = fixture.stripe.ledger().try_into().unwrap();
    assert_eq!((line.received, line.status), (1250, Status::Succeeded));
}

#[tokio::test]
async fn creating_with_confirm_pays_at_once() {
    let fixture = Fixture::new().await;

    let form = "amount=500&currency=eur&confirm=true&payment_method=pm_card_visa";
    let (_, intent) =
        fixture.post("v1/payment_intents", &format!("{form}&expand[0]=latest_charge")).await;

    assert_eq!(intent["status"], "succeeded");
    assert_eq!(intent["latest_charge"]["object"], "charge");
}

#[tokio::test]
async fn an_amount_and_a_currency_are_asked_for() {
    let fixture = Fixture::new().await;

    for form in ["currency=eur", "amount=0&currency=eur", "amount=x&currency=eur", "amount=500"] {
        let (status, error) = fixture.post("v1/payment_intents", form).await;
        assert_eq!(
            (status, &error["error"]["type"]),
            (400, &"invalid_request_error".into()),
            "{form}"
        );
    }
}

#[tokio::test]
async fn a_declined_customer_may_try_another_card() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(500).await;

    let insufficient = fixture.stripe.pay(&intent, Card::InsufficientFunds).unwrap_err();
    let path = format!("v1/payment_intents/{intent}/confirm");
    let (status, declined) = fixture.post(&path, "payment_method=pm_card_chargeDeclined").await;
    let paid = fixture.stripe.pay(&intent, Card::Visa).unwrap();

    assert_eq!(insufficient.status, 402);
    assert_eq!((status, &declined["error"]["code"]), (402, &"card_declined".into()));
    assert_eq!(declined["error"]["decline_code"], "generic_decline");
    assert_eq!(declined["error"]["payment_intent"]["status"], "requires_payment_method");
    assert_eq!((&paid["status"], &paid["last_payment_error"]), (&"succeeded".into(), &Value::Null));
}

#[tokio::test]
async fn a_bank_that_asks_the_customer_waits_for_the_answer() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(500).await;

    let asked = fixture.stripe.pay(&intent, Card::AuthenticationRequired).unwrap();
    let failed = fixture.stripe.settle(&intent, Settlement::Failed).unwrap();
    fixture.stripe.pay(&intent, Card::AuthenticationRequired).unwrap();
    let paid = fixture.stripe.settle(&intent, Settlement::Paid).unwrap();

    assert_eq!(
        (&asked["status"], asked["next_action"].is_object()),
        (&"requires_action".into(), true)
    );
    assert_eq!(failed["last_payment_error"]["code"], "payment_intent_authentication_failure");
    assert_eq!((&paid["status"], &paid["next_action"]), (&"succeeded".into(), &Value::Null));
}

#[tokio::test]
async fn a_slow_bank_leaves_the_payment_processing_until_it_settles() {
    let fixture = Fixture::new().await;
    let (good, bad) = (fixture.intent(500).await, fixture.intent(500).await);
    fixture.stripe.pay(&good, Card::Slow).unwrap();
    fixture.stripe.pay(&bad, Card::Slow).unwrap();

    let (status, _) = fixture.post(&format!("v1/payment_intents/{good}/cancel"), "").await;
    fixture.stripe.settle(&good, Settlement::Paid).unwrap();
    fixture.stripe.settle(&bad, Settlement::Failed).unwrap();

    assert_eq!(status, 400);
    let statuses: Vec<_> = fixture.stripe.ledger().iter().map(|line| line.status).collect();
    assert_eq!(statuses, [Status::Succeeded, Status::RequiresPaymentMethod]);
    assert_eq!(fixture.kinds().last().unwrap(), "payment_intent.payment_failed");
}

#[tokio::test]
async fn an_open_payment_can_be_cancelled_and_then_not_be_paid() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(500).await;

    let path = format!("v1/payment_intents/{intent}/cancel");
    let (status, canceled) = fixture.post(&path, "cancellation_reason=abandoned").await;
    let late = fixture.stripe.pay(&intent, Card::Visa).unwrap_err();

    assert_eq!((status, &canceled["status"]), (200, &"canceled".into()));
    assert_eq!(canceled["cancellation_reason"], "abandoned");
    assert_eq!(late.code, Some("payment_intent_unexpected_state"));
}

#[tokio::test]
async fn a_paid_payment_cannot_be_cancelled() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(500).await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();

    let (status, error) = fixture.post(&format!("v1/payment_intents/{intent}/cancel"), "").await;

    assert_eq!((status, &error["error"]["code"]), (400, &"payment_intent_unexpected_state".into()));
    assert_eq!(error["error"]["payment_intent"]["status"], "succeeded");
}

#[tokio::test]
async fn a_shop_that_captures_by_itself_takes_the_money_later() {
    let fixture = Fixture::new().await;
    let form =
        "amount=500&currency=eur&capture_method=manual&confirm=true&payment_method=pm_card_visa";

    let (_, reserved) = fixture.post("v1/payment_intents", form).await;
    let path = format!("v1/payment_intents/{}/capture", id(&reserved));
    let (_, taken) = fixture.post(&path, "amount_to_capture=400").await;

    assert_eq!(
        (&reserved["status"], &reserved["amount_capturable"]),
        (&"requires_capture".into(), &500.into())
    );
    assert_eq!((&taken["status"], &taken["amount_received"]), (&"succeeded".into(), &400.into()));
    assert!(fixture.kinds().contains(&"payment_intent.amount_capturable_updated".to_owned()));
}

#[tokio::test]
async fn metadata_is_laid_over_the_old() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(500).await;

    let path = format!("v1/payment_intents/{intent}");
    let (_, changed) = fixture.post(&path, "metadata[order_id]=&metadata[payment_id]=9").await;

    assert_eq!(changed["metadata"], serde_json::json!({"payment_id": "9"}));
}
