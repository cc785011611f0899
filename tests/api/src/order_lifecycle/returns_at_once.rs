//! Returns that meet each other, and refunds.

use super::all;
use super::returns::Sold;
use serde_json::{Value, json};

#[tokio::test]
async fn eight_returns_at_once_share_five_pieces_and_a_repeated_one_is_the_same() {
    let sold = Sold::of(5).await;
    let keys: Vec<_> = (0..8).map(|n| n.to_string()).collect();
    let request = |key: &String| sold.request(key, &sold.buyer, &sold.mugs(1));

    let answers = all(keys.iter().map(request)).await;
    let again = all(keys.iter().map(request)).await;

    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 5);
    for (first, second) in answers.iter().zip(&again).filter(|(first, _)| first.status == 201) {
        assert_eq!((second.status, &second.body), (201, &first.body));
    }
    assert_eq!(sold.shop.one::<i64>("select count(*) from returns").await, 5);
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn a_return_that_is_received_eight_times_at_once_arrives_once() {
    let sold = Sold::of(3).await;
    let id = sold.approved("1", 3).await;
    let goods = sold.arrived(3, 2);

    let answers = all((0..8).map(|_| sold.act(&id, "receive", &goods))).await;

    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    assert_eq!(sold.shop.stock(sold.mug).await, (9, 0));
    let mails = "select count(*) from outbox where payload ->> 'type' = 'return_received'";
    assert_eq!(sold.shop.one::<i64>(mails).await, 1);
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn a_return_that_is_received_and_cancelled_at_once_is_one_of_both() {
    let sold = Sold::of(8).await;
    for turn in 0..8 {
        let id = sold.approved(&turn.to_string(), 1).await;
        let goods = sold.arrived(1, 1);

        let (received, cancelled) =
            tokio::join!(sold.act(&id, "receive", &goods), sold.act(&id, "cancel", &Value::Null));

        assert_ne!(received.status, cancelled.status);
    }
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn a_return_that_is_approved_rejected_and_cancelled_at_once_goes_one_way() {
    let sold = Sold::of(8).await;
    let (yes, no) = (json!({}), json!({"reason": "No"}));
    for turn in 0..8 {
        let id = sold.back(&turn.to_string(), 1).await;
        let by_buyer = sold.api.post(&format!("/v1/returns/{id}/cancel"), &Value::Null);

        let (approved, rejected, cancelled) = tokio::join!(
            sold.act(&id, "approve", &yes),
            sold.act(&id, "reject", &no),
            by_buyer.by(&sold.buyer),
        );

        let statuses = [approved.status, rejected.status, cancelled.status];
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    }
    sold.shop.check_invariants().await;
}
