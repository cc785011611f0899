use super::{Moment, Stage};
use serde_json::json;
use stack::proxy::Way;
use stack::stripe::Card;

/// The first of the moments is before Stripe hears of it.
const BEFORE: usize = 0;

#[tokio::test]
async fn a_payment_and_a_refund_whose_beginner_dies_are_made_once_by_the_same_request() {
    let stage = Stage::set().await;
    let (stripe, database) = (&stage.lines().stripe, &stage.lines().database);
    let at = |line, way, text| Moment { function: "Payments", line, way, text };

    let begins = [
        at(stripe, Way::ToServer, "POST /v1/payment_intents"),
        at(stripe, Way::ToClient, "HTTP/1.1 200"),
        at(database, Way::ToServer, "select order_id from payments"),
    ];
    let mut payments = Vec::new();
    for (place, moment) in begins.into_iter().enumerate() {
        let placed = stage.order(&format!("the beginner dies at {}", moment.text)).await;
        let order = placed.body["id"].as_str().unwrap();
        // Its mail is out: whoever sends one while the line is cut tries again when the queue shows it anew.
        stage.quiet().await;
        let known = stage.stripe().ledger().len();

        let first = stage.killed(moment, stage.intent(order)).await;
        let made = stage.stripe().ledger().len() - known;
        let again = stage.intent(order).await;

        assert_eq!((first.status, again.status), (500, 200), "{}", again.body);
        assert_eq!(made, usize::from(place != BEFORE), "{}", moment.text);
        assert_eq!(stage.stripe().ledger().len(), known + 1, "{}", moment.text);
        let intent = again.body["stripe_payment_intent"].as_str().unwrap();
        stage.stripe().pay(intent, Card::Visa).unwrap();
        stage.quiet().await;
        assert_eq!(stage.status(order).await, "confirmed", "{}", moment.text);
        payments.push(again.body["payment"].as_str().unwrap().to_owned());
    }
    stage.books_agree().await;

    let refunds = [
        at(stripe, Way::ToServer, "POST /v1/refunds"),
        at(stripe, Way::ToClient, "HTTP/1.1 200"),
        at(database, Way::ToClient, "COMMIT"),
    ];
    for (moment, payment) in refunds.into_iter().zip(&payments) {
        let (path, wish) = (format!("/v1/payments/{payment}/refunds"), json!({}));
        let key = format!("the giver dies at {}", moment.text);
        let give = || stage.admin.post_under(&key, &path, &wish);

        let first = stage.killed(moment, give()).await.unwrap();
        let again = give().await.unwrap();

        assert_eq!((first.status, again.status), (500, 201), "{}", again.body);
        stage.time_passes().await;
        stage.sweep().await;
        stage.quiet().await;
        let refund = again.body["id"].as_str().unwrap();
        let shown = stage.admin.get(&format!("/v1/refunds/{refund}")).await.unwrap();
        assert_eq!(shown.body["status"], "succeeded", "{}", moment.text);
    }
    stage.books_agree().await;
    let events = stage.stripe().events();
    let given = events.iter().filter(|event| event["type"] == "refund.created").count();
    assert_eq!(given, payments.len(), "one refund each");
}
