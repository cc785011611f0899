use super::{
    super::{Card, RefundStatus},
    *,
};

async fn paid(fixture: &Fixture, amount: i64, card: Card) -> String {
    let intent = fixture.intent(amount).await;
    fixture.stripe.pay(&intent, card).unwrap();
    intent
}

#[tokio::test]
async fn parts_are_refunded_until_nothing_is_left() {
    let fixture = Fixture::new().await;
    let intent = paid(&fixture, 1000, Card::Visa).await;

    let part = fixture
        .post("v1/refunds", &format!("payment_intent={intent}&amount=400&metadata[refund_id]=3"))
        .await;
    let much = fixture.post("v1/refunds", &format!("payment_intent={intent}&amount=700")).await;
    let rest = fixture.post("v1/refunds", &format!("payment_intent={intent}")).await;
    let more = fixture.post("v1/refunds", &format!("payment_intent={intent}")).await;

    assert_eq!((part.0, &part.1["status"]), (200, &"succeeded".into()));
    assert_eq!((much.0, &much.1["error"]["code"]), (400, &"amount_too_large".into()));
    assert_eq!(
        much.1["error"]["message"],
        "Refund amount (700) is greater than unrefunded amount on charge (600)"
    );
    assert_eq!((rest.0, &rest.1["amount"]), (200, &600.into()));
    assert_eq!((more.0, &more.1["error"]["code"]), (400, &"charge_already_refunded".into()));
    assert_eq!(fixture.stripe.ledger()[0].refunded, 1000);
    let (_, list) = fixture.get(&format!("v1/refunds?payment_intent={intent}")).await;
    assert_eq!((&list["data"][0], &list["data"][1]), (&rest.1, &part.1));
}

#[tokio::test]
async fn an_unpaid_payment_has_nothing_to_refund() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(1000).await;

    let (status, error) = fixture.post("v1/refunds", &format!("payment_intent={intent}")).await;

    assert_eq!((status, &error["error"]["code"]), (400, &"charge_not_refundable".into()));
}

#[tokio::test]
async fn a_refund_that_fails_later_can_be_made_again() {
    let fixture = Fixture::new().await;
    let intent = paid(&fixture, 1000, Card::Visa).await;
    let refund = id(&fixture.stripe.refund(&intent, None).unwrap());

    let failed = fixture.stripe.update_refund(&refund, RefundStatus::Failed).unwrap();

    assert_eq!(failed["failure_reason"], "expired_or_canceled_card");
    assert!(fixture.kinds().ends_with(&["refund.updated".to_owned(), "refund.failed".to_owned()]));
    assert_eq!(fixture.stripe.ledger()[0].refunded, 0);
    assert!(fixture.stripe.update_refund(&refund, RefundStatus::Succeeded).is_err());
    assert!(fixture.stripe.refund(&intent, Some(1000)).is_ok());
}

#[tokio::test]
async fn a_pending_refund_already_counts() {
    let fixture = Fixture::new().await;
    let intent = paid(&fixture, 1000, Card::PendingRefund).await;

    let refund = fixture.stripe.refund(&intent, Some(900)).unwrap();

    assert_eq!(refund["status"], "pending");
    assert!(fixture.stripe.refund(&intent, Some(200)).is_err());
    let done = fixture.stripe.update_refund(&id(&refund), RefundStatus::Succeeded).unwrap();
    assert_eq!(done["status"], "succeeded");
}
