//! The demo, a supplier's count, and an order that expires unpaid.

use crate::{admin, customer, open, product, until};
use serde_json::json;
use stack::stripe::Card;

#[tokio::test]
async fn the_demo_passes() {
    let shop = open().await;

    let outcome = local::demo::run(&shop, |_, _| ()).await;

    outcome.unwrap();
}

#[tokio::test]
async fn a_suppliers_count_is_applied_once() {
    let shop = open().await;
    let (admin, mug) = (admin(&shop).await, product(&shop, "MUG-BLUE").await);
    let count = |sequence, on_hand| {
        json!({"v": 1, "source": "acme", "sequence": sequence, "sku": "MUG-BLUE", "on_hand": on_hand}).to_string()
    };

    // The newest sequence number first: the repetition and the older one must change nothing.
    for message in [count(7, 55), count(7, 55), count(3, 2)] {
        shop.aws().send("InventoryQueue", &message).await.unwrap();
    }
    until("an empty queue", async || {
        shop.aws().messages("InventoryQueue").await.unwrap().is_empty().then_some(())
    })
    .await;

    let shown = admin.get(&format!("/v1/products/{mug}")).await.unwrap();
    assert_eq!(shown.body["stock"]["on_hand"], 55);
}

#[tokio::test]
async fn an_order_that_nobody_pays_ends_and_its_mail_goes_out() {
    let shop = open().await;
    let (grace, pen) = (customer(&shop).await, product(&shop, "PEN-FINE").await);
    let body = json!({"lines": [{"product": pen, "quantity": 1}]});
    let order = grace.post_with_new_key("/v1/orders", &body).await.unwrap();
    let order = format!("/v1/orders/{}", order.body["id"].as_str().unwrap());
    let paying = grace.post(&format!("{order}/payment-intent"), &json!({})).await.unwrap();
    let intent = paying.body["stripe_payment_intent"].as_str().unwrap();
    let (database, connection) =
        tokio_postgres::connect(shop.database_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let overdue = "update orders set expires_at = now() - interval '1 minute'";
    database.execute(overdue, &[]).await.unwrap();

    let stripe = shop.stripe.as_ref().unwrap();
    // A round of the sweep passes over an order that one of Stripe's events has locked just then.
    stripe.idle().await;

    let report = shop.gateway.tick("Sweep").await.unwrap();

    assert_eq!(report["orders"], 1);
    let ended = grace.get(&order).await.unwrap().body;
    assert_eq!(
        (&ended["status"], &ended["cancel_reason"]),
        (&json!("cancelled"), &json!("expired"))
    );
    assert!(stripe.pay(intent, Card::Visa).is_err(), "the payment was cancelled at Stripe first");
    let again = grace.post_with_new_key("/v1/orders", &body).await.unwrap();
    assert_eq!(again.status, 201, "the only pen is for sale again");
    until("the mail", async || {
        let mails = shop.aws().mails().await.unwrap();
        mails.into_iter().find(|mail| mail.subject.contains("cancelled"))
    })
    .await;
}
