//! `POST /v1/orders/{order}/checkout-session`: paying on a page that Stripe hosts.

use super::Fixture;
use domain::id::OrderId;
use serde_json::{Value, json};
use stack::stripe::{Card, Fault, Settlement};
use testkit::{Call, Response, send_all};

const CREATE: &str = "POST /v1/checkout/sessions";

fn return_urls() -> Value {
    json!({"success_url": "https://shop.test/paid?s={CHECKOUT_SESSION_ID}", "cancel_url": "http://localhost:5173/"})
}

impl Fixture {
    /// The buyer asks for a Checkout Session.
    pub(super) fn check_out(&self, order: OrderId) -> Call {
        self.api.post(&path(order), &return_urls()).by(&self.buyer)
    }

    /// The id of a new Checkout Session.
    pub(super) async fn page(&self, order: OrderId) -> String {
        let response = self.check_out(order).await;
        assert_eq!(response.status, 200, "{}", response.body);
        session(&response)
    }

    /// The order's status, and the reason if it is cancelled.
    pub(super) async fn order_status(&self) -> String {
        self.shop.one("select concat_ws(' ', status, cancel_reason) from orders").await
    }

    /// How many times Stripe received `call`.
    fn count_calls(&self, call: &str) -> usize {
        self.stripe.calls().iter().filter(|called| called.call == call).count()
    }
}

fn path(order: OrderId) -> String {
    format!("/v1/orders/{order}/checkout-session")
}

fn session(response: &Response) -> String {
    response.text("/stripe_checkout_session").to_owned()
}

#[tokio::test]
async fn a_page_is_over_the_orders_total_and_its_intent_names_our_payment() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;

    let response = fixture.check_out(order).await;

    assert_eq!(response.status, 200, "{}", response.body);
    let payment = response.text("/payment");
    assert_eq!(fixture.stripe.calls()[0].key.as_deref(), Some(payment));
    let session = session(&response);
    assert_eq!(response.text("/url"), format!("{}checkout/{session}", fixture.stripe.url()));
    assert_eq!(response.body["amount"], json!({"amount": 1999, "currency": "EUR"}));
    assert_eq!(response.text("/order"), order.to_string());
    let paid = fixture.stripe.pay_session(&session, Card::Visa).unwrap();
    assert_eq!(
        (&paid["success_url"], &paid["cancel_url"]),
        (&return_urls()["success_url"], &return_urls()["cancel_url"])
    );
    let ledger = fixture.stripe.ledger();
    let [line] = ledger.as_slice() else { panic!("{ledger:?}") };
    assert_eq!((line.received, line.currency.as_str()), (1999, "eur"));
    assert_eq!(line.metadata.get("payment_id").map(String::as_str), Some(payment));
    assert_eq!(paid["metadata"]["payment_id"], payment);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn the_stock_is_held_as_long_as_the_page_is_open() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;

    let response = fixture.check_out(order).await;

    let held = "select o.expires_at > now() + interval '34 minutes'
                       and c.expires_at - o.expires_at between interval '0' and interval '1 second'
                from orders o, checkout_sessions c";
    assert!(fixture.shop.one::<bool>(held).await);
    let stored = "select to_char(expires_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from checkout_sessions";
    assert_eq!(fixture.shop.one::<String>(stored).await, response.text("/expires_at"));
}

#[tokio::test]
async fn asked_again_the_shop_answers_with_the_same_page() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let others = json!({"success_url": "https://other.test/", "cancel_url": "https://other.test/"});

    let first = fixture.check_out(order).await;
    let again = fixture.check_out(order).await;
    let other = fixture.api.post(&path(order), &others).by(&fixture.buyer).await;
    let responses = send_all((0..6).map(|_| fixture.check_out(order))).await;

    assert_eq!(first.status, 200);
    for response in responses.iter().chain([&again, &other]) {
        assert_eq!((response.status, &response.body), (200, &first.body));
    }
    assert_eq!(fixture.count_calls(CREATE), 1);
    let shown = fixture.api.get(&format!("/v1/payments/{}", first.text("/payment")));
    let shown = shown.by(&fixture.buyer).await;
    assert_eq!(shown.text("/stripe_checkout_session"), session(&first));
    assert_eq!(
        (shown.text("/status"), &shown.body["stripe_payment_intent"]),
        ("creating", &Value::Null)
    );
}

#[tokio::test]
async fn asked_by_many_at_once_the_shop_opens_one_page() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;

    let responses = send_all((0..6).map(|_| fixture.check_out(order))).await;

    for response in &responses {
        assert_eq!((response.status, &response.body), (200, &responses[0].body));
    }
    assert_eq!(fixture.shop.one::<i64>("select count(*) from payments").await, 1);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn only_the_buyer_opens_a_page() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let (stranger, staff) = (fixture.shop.customer().await, fixture.shop.staff().await);
    let post = || fixture.api.post(&path(order), &return_urls());
    let before = fixture.shop.snapshot().await;

    assert_eq!(post().await.refusal(), (401, "sign_in"));
    assert_eq!(post().by(&stranger).await.refusal(), (404, "order_not_found"));
    assert_eq!(post().by(&staff).await.refusal(), (404, "order_not_found"));
    assert_eq!(fixture.check_out(OrderId::generate()).await.refusal(), (404, "order_not_found"));
    assert_eq!(fixture.shop.snapshot().await, before);
    assert!(fixture.stripe.calls().is_empty());
}

#[tokio::test]
async fn an_order_that_is_paid_or_about_to_end_gets_no_page() {
    let fixture = Fixture::open().await;
    let (paid, ending) = (fixture.order(1).await, fixture.order(2).await);
    fixture.shop.pay(paid).await;
    let late =
        "update orders set expires_at = now() - interval '1 second' where status = 'pending'";
    fixture.shop.run(late).await;

    let response = fixture.check_out(paid).await;

    assert_eq!(response.refusal(), (409, "not_payable"));
    assert_eq!(response.body["order_status"], "confirmed");
    assert_eq!(fixture.check_out(ending).await.refusal(), (409, "order_ending"));
    assert!(fixture.stripe.calls().is_empty());
}

#[tokio::test]
async fn a_page_leads_back_to_safe_places_only() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let before = fixture.shop.snapshot().await;

    for (field, bad) in [
        ("success_url", "http://shop.test/"),
        ("cancel_url", "javascript:alert(1)"),
        ("cancel_url", ""),
    ] {
        let mut body = return_urls();
        body[field] = json!(bad);
        let response = fixture.api.post(&path(order), &body).by(&fixture.buyer).await;
        assert_eq!(response.refusal(), (422, "invalid_value"), "{bad}");
        assert_eq!(response.text("/errors/0/pointer"), format!("/{field}"));
    }
    let mut more = return_urls();
    more["amount"] = json!(1);
    for body in [json!({"success_url": "https://shop.test/"}), more] {
        let response = fixture.api.post(&path(order), &body).by(&fixture.buyer).await;
        assert_eq!(response.refusal(), (400, "bad_body"), "{body}");
    }
    assert_eq!(fixture.shop.snapshot().await, before);
}

#[tokio::test]
async fn a_page_that_was_opened_and_forgotten_is_found_again() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    for _ in 0..3 {
        fixture.stripe.inject_on(CREATE, Fault::DisconnectAfter);
    }
    let others = json!({"success_url": "https://other.test/", "cancel_url": "https://other.test/"});

    let lost = fixture.check_out(order).await;
    let response = fixture.api.post(&path(order), &others).by(&fixture.buyer).await;

    assert_eq!(lost.refusal(), (502, "upstream_failed"));
    assert_eq!(response.status, 200, "{}", response.body);
    let keys: Vec<_> = fixture.stripe.calls().into_iter().map(|call| call.key).collect();
    assert_eq!(keys, vec![Some(response.text("/payment").to_owned()); 4]);
    assert_eq!(fixture.check_out(order).await.body, response.body);
    assert_eq!(fixture.shop.one::<i64>("select count(*) from payments").await, 1);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_forgotten_page_that_is_of_no_use_gives_way_to_another() {
    for (fault, first) in [(Fault::DisconnectAfter, "canceled"), (Fault::ErrorBefore, "failed")] {
        let fixture = Fixture::open().await;
        let order = fixture.order(1999).await;
        for _ in 0..3 {
            fixture.stripe.inject_on(CREATE, fault);
        }
        assert_eq!(fixture.check_out(order).await.status, 502);
        if fault == Fault::ErrorBefore {
            // Stripe never received the request, and rejects a session that expires within 30 minutes.
            let late = "update checkout_sessions set expires_at = now() + interval '10 minutes'";
            fixture.shop.run(late).await;
        } else {
            // Stripe created the session, and the buyer has switched to another payment flow since.
            fixture.shop.run("update payments set replaced_at = now()").await;
        }

        let response = fixture.check_out(order).await;

        assert_eq!(response.status, 200, "{}", response.body);
        let states = "select string_agg(status, ' ' order by id) from payments";
        assert_eq!(fixture.shop.one::<String>(states).await, format!("{first} creating"));
        assert_eq!(fixture.order_status().await, "pending");
        fixture.stripe.pay_session(&session(&response), Card::Visa).unwrap();
        assert_eq!(fixture.check_out(order).await.refusal(), (409, "not_payable"));
        assert_eq!(fixture.stripe.ledger().len(), 1);
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_buyer_who_comes_back_after_paying_learns_it_although_the_webhook_is_late() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let session = fixture.page(order).await;
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();

    let after = fixture.check_out(order).await;

    assert_eq!(after.refusal(), (409, "not_payable"));
    assert_eq!(after.body["order_status"], "confirmed");
    assert_eq!(fixture.order_status().await, "confirmed");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_declined_card_leaves_the_page_open() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let first = fixture.check_out(order).await;
    fixture.stripe.pay_session(&session(&first), Card::Declined).unwrap_err();

    let again = fixture.check_out(order).await;

    assert_eq!((again.status, &again.body), (200, &first.body));
    let intent = fixture.stripe.ledger()[0].intent.clone();
    let stored = "select provider_pi || ' ' || status from payments";
    assert_eq!(
        fixture.shop.one::<String>(stored).await,
        format!("{intent} requires_payment_method")
    );
}

#[tokio::test]
async fn a_page_whose_money_is_on_its_way_is_not_opened_again() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let session = fixture.page(order).await;
    fixture.stripe.pay_session(&session, Card::Slow).unwrap();
    let intent = fixture.stripe.ledger()[0].intent.clone();

    assert_eq!(fixture.check_out(order).await.refusal(), (409, "payment_in_progress"));
    fixture.stripe.settle(&intent, Settlement::Failed).unwrap();
    let second = fixture.check_out(order).await;

    assert_eq!(second.status, 200, "the bank declined: a new session");
    assert_ne!(super::checkout_session::session(&second), session);
    let states = "select string_agg(status, ' ' order by id) from payments";
    assert_eq!(fixture.shop.one::<String>(states).await, "failed creating");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_expired_ended_its_order() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let session = fixture.page(order).await;
    fixture.stripe.expire_session(&session).unwrap();

    let response = fixture.check_out(order).await;

    assert_eq!(response.refusal(), (409, "not_payable"));
    assert_eq!(fixture.order_status().await, "cancelled payment_canceled");
    let reserved = "select reserved from products";
    assert_eq!(fixture.shop.one::<i32>(reserved).await, 0);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_stripe_refuses_for_good_does_not_stand_in_the_way_of_the_next() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    fixture.shop.run("alter table orders disable trigger orders_guard").await;
    fixture.shop.run("alter table orders drop constraint orders_total_range").await;
    let raise = "update orders set subtotal_minor = 1000000000000, total_minor = 1000000000000";
    fixture.shop.run(raise).await;

    let response = fixture.check_out(order).await;

    assert_eq!(response.refusal(), (422, "amount_not_chargeable"));
    let state = "select status from payments";
    assert_eq!(fixture.shop.one::<String>(state).await, "failed");
}
