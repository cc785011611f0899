use super::{CrashPoint, Fixture};
use serde_json::json;
use stack::proxy::Direction;
use stack::stripe::Card;

/// Only at the first crash point has Stripe not received the request.
const BEFORE_STRIPE: usize = 0;

#[tokio::test]
async fn a_payment_and_a_refund_whose_beginner_dies_are_made_once_by_the_same_request() {
    let fixture = Fixture::open().await;
    let (stripe, database) = (&fixture.proxies().stripe, &fixture.proxies().database);
    let at = |proxy, direction, text| CrashPoint { function: "Payments", proxy, direction, text };

    let starts = [
        at(stripe, Direction::ToServer, "POST /v1/payment_intents"),
        at(stripe, Direction::ToClient, "HTTP/1.1 200"),
        at(database, Direction::ToServer, "select order_id from payments"),
    ];
    let mut payments = Vec::new();
    for (place, point) in starts.into_iter().enumerate() {
        let placed =
            fixture.order(&format!("starting the payment crashes at {}", point.text)).await;
        let order = placed.body["id"].as_str().unwrap();
        // Its email must be sent before: closing the connections would delay it by a visibility timeout.
        fixture.settle().await;
        let before = fixture.stripe().ledger().len();

        let first = fixture.kill_at(point, fixture.start_payment(order)).await;
        let made = fixture.stripe().ledger().len() - before;
        let again = fixture.start_payment(order).await;

        assert_eq!((first.status, again.status), (500, 200), "{}", again.body);
        assert_eq!(made, usize::from(place != BEFORE_STRIPE), "{}", point.text);
        assert_eq!(fixture.stripe().ledger().len(), before + 1, "{}", point.text);
        let intent = again.body["stripe_payment_intent"].as_str().unwrap();
        fixture.stripe().pay(intent, Card::Visa).unwrap();
        fixture.settle().await;
        assert_eq!(fixture.status(order).await, "confirmed", "{}", point.text);
        payments.push(again.body["payment"].as_str().unwrap().to_owned());
    }
    // What Stripe told while the order was locked may have been stored without its effect.
    fixture.sweep().await;
    fixture.settle().await;
    fixture.audit().await;

    let refunds = [
        at(stripe, Direction::ToServer, "POST /v1/refunds"),
        at(stripe, Direction::ToClient, "HTTP/1.1 200"),
        at(database, Direction::ToClient, "COMMIT"),
    ];
    for (point, payment) in refunds.into_iter().zip(&payments) {
        let (path, body) = (format!("/v1/payments/{payment}/refunds"), json!({}));
        let key = format!("the refund crashes at {}", point.text);
        let refund = || fixture.admin.post_with_key(&key, &path, &body);

        let first = fixture.kill_at(point, refund()).await.unwrap();
        let again = refund().await.unwrap();

        assert_eq!((first.status, again.status), (500, 201), "{}", again.body);
        fixture.expire_leases().await;
        fixture.sweep().await;
        fixture.settle().await;
        let id = again.body["id"].as_str().unwrap();
        let shown = fixture.admin.get(&format!("/v1/refunds/{id}")).await.unwrap();
        assert_eq!(shown.body["status"], "succeeded", "{}", point.text);
    }
    fixture.audit().await;
    let events = fixture.stripe().events();
    let refunds = events.iter().filter(|event| event["type"] == "refund.created").count();
    assert_eq!(refunds, payments.len(), "one refund each");
}
