//! Stripe unavailable, silent, rate limited, or refusing: no payment is lost or made twice.

use super::Fixture;
use lambda::dispatcher::OutboxDispatcher;
use payments::Payments;
use stack::stripe::Fault;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stripe_gateway::{Mode, Stripe};
use testkit::ApiClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const CREATE: &str = "POST /v1/payment_intents";

#[tokio::test]
async fn stripe_that_falls_silent_after_the_deed_makes_one_intent() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    fixture.stripe.inject_on(CREATE, Fault::DisconnectAfter);

    let response = fixture.pay(order).await;

    assert_eq!(response.status, 200, "{}", response.body);
    let ledger = fixture.stripe.ledger();
    assert_eq!((ledger.len(), &*ledger[0].intent), (1, response.text("/stripe_payment_intent")));
    fixture.audit().await;
}

#[tokio::test]
async fn stripe_that_stays_silent_makes_one_intent_all_the_same() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    for _ in 0..3 {
        fixture.stripe.inject_on(CREATE, Fault::DisconnectAfter);
    }

    let lost = fixture.pay(order).await;
    let response = fixture.pay(order).await;

    assert_eq!(lost.refusal(), (502, "upstream_failed"));
    assert_eq!(response.status, 200, "{}", response.body);
    let keys: Vec<_> = fixture.stripe.calls().into_iter().map(|call| call.key).collect();
    assert_eq!(keys, vec![Some(response.text("/payment").to_owned()); 4]);
    assert_eq!(fixture.stripe.ledger().len(), 1);
    fixture.audit().await;
}

#[tokio::test]
async fn while_stripe_is_away_the_shop_asks_to_come_back() {
    // After an error of Stripe's own, which it may have stored under the key, the payment is begun anew.
    for (fault, payments) in [(Fault::RateLimit, 1), (Fault::ErrorBefore, 2)] {
        let fixture = Fixture::open().await;
        let order = fixture.order(1999).await;
        for _ in 0..3 {
            fixture.stripe.inject_on(CREATE, fault);
        }

        let failed = fixture.pay(order).await;
        let later = fixture.pay(order).await;

        assert_eq!(failed.refusal(), (502, "upstream_failed"), "{fault:?}");
        assert!(failed.header("retry-after").is_some());
        assert_eq!(later.status, 200, "{}", later.body);
        assert_eq!(fixture.stripe.ledger().len(), 1);
        assert_eq!(fixture.shop.one::<i64>("select count(*) from payments").await, payments);
        fixture.audit().await;
    }
}

#[tokio::test]
async fn a_hiccup_of_stripe_goes_unnoticed() {
    for fault in [Fault::RateLimit, Fault::ErrorBefore] {
        let fixture = Fixture::open().await;
        let order = fixture.order(1999).await;
        fixture.stripe.inject_on(CREATE, fault);
        fixture.stripe.inject_on(CREATE, fault);

        assert_eq!(fixture.pay(order).await.status, 200, "{fault:?}");
        assert_eq!(fixture.stripe.ledger().len(), 1);
        fixture.audit().await;
    }
}

#[tokio::test]
async fn a_key_that_stripe_refuses_spoils_no_payment() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    fixture.stripe.accept_only_key("sk_test_another");

    let refused = fixture.pay(order).await;
    let kept = fixture.shop.one::<String>("select id::text from payments").await;
    fixture.stripe.accept_only_key("sk_test_of_this_run");
    let response = fixture.pay(order).await;

    assert_eq!(refused.refusal(), (502, "upstream_failed"));
    assert!(!refused.body.to_string().contains("sk_test"), "{}", refused.body);
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(response.text("/payment"), format!("pay_{}", kept.replace('-', "")));
    fixture.audit().await;
}

#[tokio::test]
async fn a_payment_that_stripe_refuses_for_good_does_not_stand_in_the_way_of_the_next() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    // Above Stripe's maximum amount.
    fixture.shop.run("alter table orders disable trigger orders_guard").await;
    fixture.shop.run("alter table orders drop constraint orders_total_range").await;
    fixture.shop.run("alter table order_lines drop constraint order_lines_unit_range").await;
    let raise =
        "with line as (update order_lines set unit_minor = 1000000000000 where quantity = 1)
                 update orders set subtotal_minor = 1000000000000, total_minor = 1000000000000";
    fixture.shop.run(raise).await;

    let first = fixture.pay(order).await;
    let second = fixture.pay(order).await;

    assert_eq!(first.refusal(), (422, "amount_not_chargeable"));
    assert_eq!(second.refusal(), (422, "amount_not_chargeable"));
    let abandoned = "select count(*) from payments where status = 'failed'";
    assert_eq!(fixture.shop.one::<i64>(abandoned).await, 2);
    assert!(fixture.stripe.ledger().is_empty());
    fixture.audit().await;
}

/// A server that sends `response` to every connection. Returns its URL and the number of connections so far.
async fn server(response: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = line.read(&mut [0; 16 * 1024]).await;
            let _ = line.write_all(response.as_bytes()).await;
        }
    });
    (url, asked)
}

#[tokio::test]
async fn whoever_sends_the_shop_elsewhere_is_not_followed() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    for status in ["302 Found", "307 Temporary Redirect"] {
        let (elsewhere, followed) =
            server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
        let response = format!(
            "HTTP/1.1 {status}\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let (url, asked) = server(response).await;
        let stripe = Stripe::new("sk_test_of_this_run", Some(&url), Mode::Test).unwrap();
        let app = fixture.shop.app();
        let payments =
            Payments { app, dispatcher: OutboxDispatcher::deferred(), stripe: stripe.into() };
        let api = ApiClient::new(payments::routes(), payments);

        let path = format!("/v1/orders/{order}/payment-intent");
        let response = api.call(axum::http::Method::POST, &path).by(&fixture.buyer).await;

        assert_eq!(response.refusal(), (502, "upstream_failed"), "{status}: {}", response.body);
        assert!(asked.load(Ordering::SeqCst) > 0 && followed.load(Ordering::SeqCst) == 0);
    }
    fixture.audit().await;
}
