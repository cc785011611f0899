use super::Till;
use lambda::dispatch::Dispatch;
use payments::Payments;
use stack::stripe::Fault;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stripe_gateway::Stripe;
use testkit::Door;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const CREATE: &str = "POST /v1/payment_intents";

#[tokio::test]
async fn stripe_that_falls_silent_after_the_deed_makes_one_intent() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    till.stripe.script_on(CREATE, Fault::SilenceAfter);

    let answer = till.pay(order).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    let ledger = till.stripe.ledger();
    assert_eq!((ledger.len(), &*ledger[0].intent), (1, answer.text("/stripe_payment_intent")));
    till.hold().await;
}

#[tokio::test]
async fn stripe_that_stays_silent_makes_one_intent_all_the_same() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    for _ in 0..3 {
        till.stripe.script_on(CREATE, Fault::SilenceAfter);
    }

    let silence = till.pay(order).await;
    let answer = till.pay(order).await;

    assert_eq!(silence.refusal(), (502, "upstream_failed"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let keys: Vec<_> = till.stripe.calls().into_iter().map(|call| call.key).collect();
    assert_eq!(keys, vec![Some(answer.text("/payment").to_owned()); 4]);
    assert_eq!(till.stripe.ledger().len(), 1);
    till.hold().await;
}

#[tokio::test]
async fn while_stripe_is_away_the_shop_asks_to_come_back() {
    for fault in [Fault::RateLimit, Fault::ErrorBefore] {
        let till = Till::open().await;
        let order = till.order(1999).await;
        for _ in 0..3 {
            till.stripe.script_on(CREATE, fault);
        }

        let away = till.pay(order).await;
        let back = till.pay(order).await;

        assert_eq!(away.refusal(), (502, "upstream_failed"), "{fault:?}");
        assert!(away.header("retry-after").is_some());
        assert_eq!(back.status, 200, "{}", back.body);
        assert_eq!(till.stripe.ledger().len(), 1);
        assert_eq!(till.shop.one::<i64>("select count(*) from payments").await, 1);
        till.hold().await;
    }
}

#[tokio::test]
async fn a_hiccup_of_stripe_goes_unnoticed() {
    for fault in [Fault::RateLimit, Fault::ErrorBefore] {
        let till = Till::open().await;
        let order = till.order(1999).await;
        till.stripe.script_on(CREATE, fault);
        till.stripe.script_on(CREATE, fault);

        assert_eq!(till.pay(order).await.status, 200, "{fault:?}");
        assert_eq!(till.stripe.ledger().len(), 1);
        till.hold().await;
    }
}

#[tokio::test]
async fn a_key_that_stripe_refuses_spoils_no_payment() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    till.stripe.accept_only("sk_test_another");

    let refused = till.pay(order).await;
    let kept = till.shop.one::<String>("select id::text from payments").await;
    till.stripe.accept_only("sk_test_of_this_run");
    let answer = till.pay(order).await;

    assert_eq!(refused.refusal(), (502, "upstream_failed"));
    assert!(!refused.body.to_string().contains("sk_test"), "{}", refused.body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.text("/payment"), format!("pay_{}", kept.replace('-', "")));
    till.hold().await;
}

#[tokio::test]
async fn a_payment_that_stripe_refuses_for_good_does_not_stand_in_the_way_of_the_next() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    // More than Stripe takes at once.
    till.shop.run("alter table orders disable trigger orders_guard").await;
    till.shop.run("alter table orders drop constraint orders_total_range").await;
    let raise = "update orders set subtotal_minor = 100000000, total_minor = 100000000";
    till.shop.run(raise).await;

    let first = till.pay(order).await;
    let second = till.pay(order).await;

    assert_eq!(first.refusal(), (502, "payment_refused"));
    assert_eq!(second.refusal(), (502, "payment_refused"));
    let abandoned = "select count(*) from payments where status = 'failed'";
    assert_eq!(till.shop.one::<i64>(abandoned).await, 2);
    assert!(till.stripe.ledger().is_empty());
    till.hold().await;
}

/// A server that answers everything with `answer`, and counts how often.
async fn server(answer: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = line.read(&mut [0; 16 * 1024]).await;
            let _ = line.write_all(answer.as_bytes()).await;
        }
    });
    (url, asked)
}

#[tokio::test]
async fn whoever_sends_the_shop_elsewhere_is_not_followed() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    for status in ["302 Found", "307 Temporary Redirect"] {
        let (elsewhere, followed) =
            server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
        let answer = format!(
            "HTTP/1.1 {status}\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let (url, asked) = server(answer).await;
        let stripe = Stripe::new("sk_test_of_this_run", Some(&url)).unwrap();
        let app = till.shop.app();
        let payments = Payments { app, dispatch: Dispatch::later(), stripe: stripe.into() };
        let door = Door::new(payments::routes(), payments);

        let path = format!("/v1/orders/{order}/payment-intent");
        let answer = door.call(axum::http::Method::POST, &path).by(&till.buyer).await;

        assert_eq!(answer.refusal(), (502, "upstream_failed"), "{status}: {}", answer.body);
        assert!(asked.load(Ordering::SeqCst) > 0 && followed.load(Ordering::SeqCst) == 0);
    }
    till.hold().await;
}
