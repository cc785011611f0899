use super::{
    super::{Card, DisputeOutcome},
    *,
};

#[tokio::test]
async fn a_disputed_payment_is_not_refunded_before_the_shop_has_won() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(1000).await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();

    let dispute = id(&fixture.stripe.open_dispute(&intent, "fraudulent").unwrap());
    let during = fixture.stripe.refund(&intent, None).unwrap_err();
    fixture.stripe.submit_evidence(&dispute).unwrap();
    fixture.stripe.close_dispute(&dispute, DisputeOutcome::Won).unwrap();
    let after = fixture.stripe.refund(&intent, None);

    assert_eq!(during.code, Some("charge_disputed"));
    assert!(after.is_ok());
    let kinds = fixture.kinds();
    let of_dispute: Vec<_> = kinds.iter().filter(|kind| kind.contains("dispute")).collect();
    assert_eq!(
        of_dispute,
        [
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.updated",
            "charge.dispute.closed",
            "charge.dispute.funds_reinstated"
        ]
    );
}

#[tokio::test]
async fn a_lost_dispute_is_closed_for_good() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(1000).await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();
    let dispute = id(&fixture.stripe.open_dispute(&intent, "product_not_received").unwrap());

    fixture.stripe.close_dispute(&dispute, DisputeOutcome::Lost).unwrap();

    assert!(fixture.stripe.close_dispute(&dispute, DisputeOutcome::Won).is_err());
    let (_, shown) = fixture.get(&format!("v1/disputes/{dispute}")).await;
    assert_eq!((&shown["status"], &shown["amount"]), (&"lost".into(), &1000.into()));
}
