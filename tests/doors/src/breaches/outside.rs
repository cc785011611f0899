//! Promises that take Stripe's books, the mails or the logs to be seen broken.

use super::{Scene, expect};
use axum::Router;
use books::Harm::{Lost, Twice};
use books::{Logs, Posted};
use domain::id::OrderId;
use lambda::dispatch::Dispatch;
use payments::Payments;
use serde_json::json;
use stack::stripe::{Card, StandIn};
use testkit::Door;
use tokio::net::TcpListener;

/// The scene with a Stripe, and the intent that its buyer has begun to pay with.
struct Till {
    scene: Scene,
    stripe: StandIn,
    door: Door,
    intent: String,
}

impl Till {
    async fn open() -> Self {
        let scene = Scene::with("pending").await;
        let (stand_in, stripe) = testkit::stripe().await;
        let app = scene.shop.app();
        let payments = Payments { app, dispatch: Dispatch::later(), stripe: stripe.into() };
        let door = Door::new(payments::routes(), payments);
        let mut till = Self { scene, stripe: stand_in, door, intent: String::new() };
        till.intent = till.begin().await;
        till.books().hold().await;
        till
    }

    /// Stripe's id of the intent with which the order can be paid.
    async fn begin(&self) -> String {
        let path = format!("/v1/orders/{}/payment-intent", self.scene.order);
        let answer = self.door.post(&path, &json!({})).by(&self.scene.buyer).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.text("/stripe_payment_intent").to_owned()
    }

    /// Our books say that the order is paid.
    async fn say_paid(&self) {
        self.scene
            .shop
            .run(
                "with paid as (update payments set status = 'succeeded' returning order_id, amount_minor, provider_pi),
                 entered as (
                     insert into ledger (order_id, kind, amount_minor, source, source_id)
                     select order_id, 'captured', amount_minor, 'stripe', provider_pi from paid
                 )
                 update orders set status = 'confirmed', captured_minor = total_minor, expires_at = null",
            )
            .await;
    }

    fn books(&self) -> books::Books<'_> {
        self.scene.shop.books().with_stripe(&self.stripe)
    }
}

#[tokio::test]
async fn money_that_we_say_came_and_stripe_does_not_is_named() {
    let till = Till::open().await;
    till.say_paid().await;

    let there = format!("captured 3750, refunded 0; {} 0 and 0", till.intent);
    expect(till.books(), &[("I2", Lost, &there)]).await;

    let elsewhere = Scene::with("confirmed").await;
    let books = elsewhere.shop.books().with_stripe(&till.stripe);
    expect(books, &[("I2", Lost, "captured 3750, and not at Stripe")]).await;
}

#[tokio::test]
async fn money_that_went_back_in_our_books_only_is_named() {
    let till = Till::open().await;
    till.stripe.pay(&till.intent, Card::Visa).unwrap();
    till.say_paid().await;
    till.books().hold().await;
    till.scene.shop.refund(till.scene.order, 700).await;

    let there = format!("captured 3750, refunded 700; {} 3750 and 0", till.intent);
    expect(till.books(), &[("I2", Lost, &there)]).await;
}

#[tokio::test]
async fn money_that_stripe_has_is_in_our_books_once_all_is_quiet() {
    let till = Till::open().await;
    till.stripe.pay(&till.intent, Card::Visa).unwrap();

    till.books().hold().await;
    let there = format!("captured 0, refunded 0; {} 3750 and 0", till.intent);
    let quiet = [("I2", Lost, &*there), ("I2", Lost, "is pending, and 0 of 3750 are back")];
    expect(till.books().when_quiet(), &quiet).await;

    till.scene.break_into("delete from payments").await;
    let lost = format!("{}: 3750 were paid, and no order has them", till.intent);
    expect(till.books(), &[("I2", Lost, &lost)]).await;
}

#[tokio::test]
async fn a_refund_that_stripe_gave_twice_is_named() {
    let till = Till::open().await;
    for refund in ["re_1", "re_2"] {
        let given = json!({"object": "refund", "id": refund, "status": "succeeded", "metadata": {"refund_id": "re_ours"}});
        till.stripe.announce("refund.created", given);
    }

    expect(till.books(), &[("I2", Twice, "re_ours was given as re_1 and as re_2")]).await;
}

#[tokio::test]
async fn an_order_that_is_paid_twice_is_named() {
    let till = Till::open().await;
    till.scene.shop.run("update payments set status = 'failed'").await;
    let other = till.begin().await;
    for intent in [&till.intent, &other] {
        till.stripe.pay(intent, Card::Visa).unwrap();
    }

    let order = till.scene.order;
    let twice = format!("{order} is paid by {} and by {other}", till.intent);
    expect(till.books(), &[("I3", Twice, &twice)]).await;
}

#[tokio::test]
async fn an_event_that_was_taken_and_not_kept_is_named() {
    let till = Till::open().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(async || "taken")).await });
    till.stripe.set_webhook(url, ["whsec_of_nobody"]);

    let event = till.stripe.announce("charge.refunded", json!({}));
    till.stripe.idle().await;

    let lost = format!("event {} was taken, and is not there", event["id"].as_str().unwrap());
    expect(till.books(), &[("I6", Lost, &lost)]).await;
}

fn posted(receipt: &str, order: OrderId) -> Posted {
    let (receipt, subject) = (receipt.to_owned(), format!("We have your order {order}"));
    Posted { receipt, to: "ada@example.com".to_owned(), subject }
}

#[tokio::test]
async fn a_mail_that_is_missing_doubled_or_unknown_is_named_by_its_key() {
    let scene = Scene::with("pending").await;
    let note = "insert into emails (dedupe_key, kind, status, claim_token, claimed_until, ses_message_id, sent_at)
                values ('order_placed:1', 'order_received', 'sent', gen_random_uuid(), now(), 'receipt-2', now())";
    scene.shop.run(note).await;
    let (one, other) = (posted("receipt-1", scene.order), posted("receipt-2", scene.order));
    let books = |mails: &[&Posted]| {
        scene.shop.books().when_quiet().with_mails(mails.iter().copied().cloned().collect())
    };

    let lost = "the mail order_placed:1 is noted as sent (receipt-2), and was not";
    let unknown =
        format!("a mail to ada@example.com (receipt-1: We have your order {})", scene.order);
    expect(books(&[&one]), &[("I7", Lost, lost), ("I7", Lost, &unknown)]).await;
    let twice = "the mail order_placed:1 went out again (receipt-1), claimed once";
    expect(books(&[&one, &other]), &[("I7", Twice, twice)]).await;

    scene.shop.run("update emails set attempts = 2").await;
    let found = expect(books(&[&one, &other]), &[]).await;
    assert_eq!(found.mails_again, ["order_placed:1"]);
    let thrice = posted("receipt-3", scene.order);
    let twice = "the mail order_placed:1 went out again (receipt-3)";
    expect(books(&[&one, &other, &thrice]), &[("I7", Twice, twice)]).await;
}

#[tokio::test]
async fn a_log_that_tells_a_secret_or_fails_unexpectedly_is_named() {
    let scene = Scene::with("pending").await;
    let logs = |line: &str| {
        let logs = Logs::of([("Orders".to_owned(), line.to_owned())]);
        logs.without(["a nice long passphrase"]).failing_only(["the line broke"])
    };
    let books = |line: &str| scene.shop.books().with_logs(logs(line));

    for fine in [
        r#"{"level":"INFO","fields":{}}"#,
        r#"{"level":"ERROR","fields":{"message":"the line broke"}}"#,
    ] {
        expect(books(fine), &[]).await;
    }
    let secret = r#"{"level":"INFO","fields":{"password":"a nice long passphrase"}}"#;
    expect(books(secret), &[("I10", Lost, secret)]).await;
    let token = r#"{"level":"INFO","fields":{"authorization":"Bearer abc"}}"#;
    expect(books(token), &[("I10", Lost, "Orders tells \"Bearer \"")]).await;
    let failure = r#"{"level":"ERROR","fields":{"message":"the sky fell"}}"#;
    expect(books(failure), &[("I9", Lost, failure)]).await;
    expect(books("thread 'main' panicked"), &[("I9", Lost, "panicked")]).await;
}
