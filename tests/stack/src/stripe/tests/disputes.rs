use super::{
    super::{Card, Verdict},
    *,
};

#[tokio::test]
async fn a_disputed_payment_is_not_refunded_before_the_shop_has_won() {
    let bench = Bench::new().await;
    let intent = bench.intent(1000).await;
    bench.stripe.pay(&intent, Card::Visa).unwrap();

    let dispute = id(&bench.stripe.open_dispute(&intent, "fraudulent").unwrap());
    let during = bench.stripe.refund(&intent, None).unwrap_err();
    bench.stripe.answer_dispute(&dispute).unwrap();
    bench.stripe.close_dispute(&dispute, Verdict::Won).unwrap();
    let after = bench.stripe.refund(&intent, None);

    assert_eq!(during.code, Some("charge_disputed"));
    assert!(after.is_ok());
    let kinds = bench.kinds();
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
    let bench = Bench::new().await;
    let intent = bench.intent(1000).await;
    bench.stripe.pay(&intent, Card::Visa).unwrap();
    let dispute = id(&bench.stripe.open_dispute(&intent, "product_not_received").unwrap());

    bench.stripe.close_dispute(&dispute, Verdict::Lost).unwrap();

    assert!(bench.stripe.close_dispute(&dispute, Verdict::Won).is_err());
    let (_, shown) = bench.get(&format!("v1/disputes/{dispute}")).await;
    assert_eq!((&shown["status"], &shown["amount"]), (&"lost".into(), &1000.into()));
}
