use super::Till;
use domain::id::OrderId;
use serde_json::{Value, json};
use stack::stripe::{Card, Fault, Settlement};
use testkit::{Answer, Call, all};

const CREATE: &str = "POST /v1/checkout/sessions";

fn addresses() -> Value {
    json!({"success_url": "https://shop.test/paid?s={CHECKOUT_SESSION_ID}", "cancel_url": "http://localhost:5173/"})
}

impl Till {
    /// The buyer wants to pay on Stripe's page.
    pub(super) fn check_out(&self, order: OrderId) -> Call {
        self.door.post(&path(order), &addresses()).by(&self.buyer)
    }

    /// The session of a page that was just opened.
    pub(super) async fn page(&self, order: OrderId) -> String {
        let answer = self.check_out(order).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        session(&answer)
    }

    async fn order_is(&self) -> String {
        self.shop.one("select concat_ws(' ', status, cancel_reason) from orders").await
    }

    fn asked(&self, call: &str) -> usize {
        self.stripe.calls().iter().filter(|called| called.call == call).count()
    }
}

fn path(order: OrderId) -> String {
    format!("/v1/orders/{order}/checkout-session")
}

fn session(answer: &Answer) -> String {
    answer.text("/stripe_checkout_session").to_owned()
}

#[tokio::test]
async fn a_page_is_over_the_orders_total_and_its_intent_names_our_payment() {
    let till = Till::open().await;
    let order = till.order(1999).await;

    let answer = till.check_out(order).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    let payment = answer.text("/payment");
    assert_eq!(till.stripe.calls()[0].key.as_deref(), Some(payment));
    let session = session(&answer);
    assert_eq!(answer.text("/url"), format!("{}checkout/{session}", till.stripe.url()));
    assert_eq!(answer.body["amount"], json!({"amount": 1999, "currency": "EUR"}));
    assert_eq!(answer.text("/order"), order.to_string());
    let paid = till.stripe.pay_session(&session, Card::Visa).unwrap();
    assert_eq!(
        (&paid["success_url"], &paid["cancel_url"]),
        (&addresses()["success_url"], &addresses()["cancel_url"])
    );
    let ledger = till.stripe.ledger();
    let [line] = ledger.as_slice() else { panic!("{ledger:?}") };
    assert_eq!((line.received, line.currency.as_str()), (1999, "eur"));
    assert_eq!(line.metadata.get("payment_id").map(String::as_str), Some(payment));
    assert_eq!(paid["metadata"]["payment_id"], payment);
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn the_stock_is_held_as_long_as_the_page_is_open() {
    let till = Till::open().await;
    let order = till.order(1999).await;

    let answer = till.check_out(order).await;

    let held = "select o.expires_at > now() + interval '34 minutes'
                       and c.expires_at - o.expires_at between interval '0' and interval '1 second'
                from orders o, checkout_sessions c";
    assert!(till.shop.one::<bool>(held).await);
    let told = "select to_char(expires_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from checkout_sessions";
    assert_eq!(till.shop.one::<String>(told).await, answer.text("/expires_at"));
}

#[tokio::test]
async fn asked_again_the_shop_answers_with_the_same_page() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let others = json!({"success_url": "https://other.test/", "cancel_url": "https://other.test/"});

    let first = till.check_out(order).await;
    let again = till.check_out(order).await;
    let other = till.door.post(&path(order), &others).by(&till.buyer).await;
    let answers = all((0..6).map(|_| till.check_out(order))).await;

    assert_eq!(first.status, 200);
    for answer in answers.iter().chain([&again, &other]) {
        assert_eq!((answer.status, &answer.body), (200, &first.body));
    }
    assert_eq!(till.asked(CREATE), 1);
    let shown = till.door.get(&format!("/v1/payments/{}", first.text("/payment")));
    let shown = shown.by(&till.buyer).await;
    assert_eq!(shown.text("/stripe_checkout_session"), session(&first));
    assert_eq!(
        (shown.text("/status"), &shown.body["stripe_payment_intent"]),
        ("creating", &Value::Null)
    );
}

#[tokio::test]
async fn asked_by_many_at_once_the_shop_opens_one_page() {
    let till = Till::open().await;
    let order = till.order(1999).await;

    let answers = all((0..6).map(|_| till.check_out(order))).await;

    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
    }
    assert_eq!(till.shop.one::<i64>("select count(*) from payments").await, 1);
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn only_the_buyer_opens_a_page() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let (stranger, staff) = (till.shop.customer().await, till.shop.staff().await);
    let post = || till.door.post(&path(order), &addresses());
    let before = till.shop.snapshot().await;

    assert_eq!(post().await.refusal(), (401, "sign_in"));
    assert_eq!(post().by(&stranger).await.refusal(), (404, "order_not_found"));
    assert_eq!(post().by(&staff).await.refusal(), (404, "order_not_found"));
    assert_eq!(till.check_out(OrderId::generate()).await.refusal(), (404, "order_not_found"));
    assert_eq!(till.shop.snapshot().await, before);
    assert!(till.stripe.calls().is_empty());
}

#[tokio::test]
async fn an_order_that_is_paid_or_about_to_end_gets_no_page() {
    let till = Till::open().await;
    let (paid, ending) = (till.order(1).await, till.order(2).await);
    till.shop.pay(paid).await;
    let late =
        "update orders set expires_at = now() - interval '1 second' where status = 'pending'";
    till.shop.run(late).await;

    let answer = till.check_out(paid).await;

    assert_eq!(answer.refusal(), (409, "not_payable"));
    assert_eq!(answer.body["order_status"], "confirmed");
    assert_eq!(till.check_out(ending).await.refusal(), (409, "order_ending"));
    assert!(till.stripe.calls().is_empty());
}

#[tokio::test]
async fn a_page_leads_back_to_safe_places_only() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let before = till.shop.snapshot().await;

    for (field, bad) in [
        ("success_url", "http://shop.test/"),
        ("cancel_url", "javascript:alert(1)"),
        ("cancel_url", ""),
    ] {
        let mut wish = addresses();
        wish[field] = json!(bad);
        let answer = till.door.post(&path(order), &wish).by(&till.buyer).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"), "{bad}");
        assert_eq!(answer.text("/errors/0/pointer"), format!("/{field}"));
    }
    let mut more = addresses();
    more["amount"] = json!(1);
    for wish in [json!({"success_url": "https://shop.test/"}), more] {
        let answer = till.door.post(&path(order), &wish).by(&till.buyer).await;
        assert_eq!(answer.refusal(), (400, "bad_body"), "{wish}");
    }
    assert_eq!(till.shop.snapshot().await, before);
}

#[tokio::test]
async fn a_page_that_was_opened_and_forgotten_is_found_again() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    for _ in 0..3 {
        till.stripe.script_on(CREATE, Fault::SilenceAfter);
    }
    let others = json!({"success_url": "https://other.test/", "cancel_url": "https://other.test/"});

    let silence = till.check_out(order).await;
    let answer = till.door.post(&path(order), &others).by(&till.buyer).await;

    assert_eq!(silence.refusal(), (502, "upstream_failed"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let keys: Vec<_> = till.stripe.calls().into_iter().map(|call| call.key).collect();
    assert_eq!(keys, vec![Some(answer.text("/payment").to_owned()); 4]);
    assert_eq!(till.check_out(order).await.body, answer.body);
    assert_eq!(till.shop.one::<i64>("select count(*) from payments").await, 1);
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn a_forgotten_page_that_is_of_no_use_gives_way_to_another() {
    for (fault, first) in [(Fault::SilenceAfter, "canceled"), (Fault::ErrorBefore, "failed")] {
        let till = Till::open().await;
        let order = till.order(1999).await;
        for _ in 0..3 {
            till.stripe.script_on(CREATE, fault);
        }
        assert_eq!(till.check_out(order).await.status, 502);
        if fault == Fault::ErrorBefore {
            // Stripe never heard of it, and takes no page that closes so soon.
            let late = "update checkout_sessions set expires_at = now() + interval '10 minutes'";
            till.shop.run(late).await;
        } else {
            // Stripe opened it, and the buyer turned away meanwhile.
            till.shop.run("update payments set replaced_at = now()").await;
        }

        let answer = till.check_out(order).await;

        assert_eq!(answer.status, 200, "{}", answer.body);
        let states = "select string_agg(status, ' ' order by id) from payments";
        assert_eq!(till.shop.one::<String>(states).await, format!("{first} creating"));
        assert_eq!(till.order_is().await, "pending");
        till.stripe.pay_session(&session(&answer), Card::Visa).unwrap();
        assert_eq!(till.check_out(order).await.refusal(), (409, "not_payable"));
        assert_eq!(till.stripe.ledger().len(), 1);
        till.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_buyer_who_comes_back_after_paying_learns_it_although_the_webhook_is_late() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let session = till.page(order).await;
    till.stripe.pay_session(&session, Card::Visa).unwrap();

    let after = till.check_out(order).await;

    assert_eq!(after.refusal(), (409, "not_payable"));
    assert_eq!(after.body["order_status"], "confirmed");
    assert_eq!(till.order_is().await, "confirmed");
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn a_declined_card_leaves_the_page_open() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let first = till.check_out(order).await;
    till.stripe.pay_session(&session(&first), Card::Declined).unwrap_err();

    let again = till.check_out(order).await;

    assert_eq!((again.status, &again.body), (200, &first.body));
    let intent = till.stripe.ledger()[0].intent.clone();
    let known = "select provider_pi || ' ' || status from payments";
    assert_eq!(till.shop.one::<String>(known).await, format!("{intent} requires_payment_method"));
}

#[tokio::test]
async fn a_page_whose_money_is_on_its_way_is_not_opened_again() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let session = till.page(order).await;
    till.stripe.pay_session(&session, Card::Slow).unwrap();
    let intent = till.stripe.ledger()[0].intent.clone();

    assert_eq!(till.check_out(order).await.refusal(), (409, "payment_in_progress"));
    till.stripe.settle(&intent, Settlement::Failed).unwrap();
    let second = till.check_out(order).await;

    assert_eq!(second.status, 200, "the bank said no: another try");
    assert_ne!(super::checkout::session(&second), session);
    let states = "select string_agg(status, ' ' order by id) from payments";
    assert_eq!(till.shop.one::<String>(states).await, "failed creating");
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_expired_ended_its_order() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let session = till.page(order).await;
    till.stripe.expire_session(&session).unwrap();

    let answer = till.check_out(order).await;

    assert_eq!(answer.refusal(), (409, "not_payable"));
    assert_eq!(till.order_is().await, "cancelled payment_canceled");
    let reserved = "select reserved from products";
    assert_eq!(till.shop.one::<i32>(reserved).await, 0);
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_stripe_refuses_for_good_does_not_stand_in_the_way_of_the_next() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    till.shop.run("alter table orders disable trigger orders_guard").await;
    till.shop.run("alter table orders drop constraint orders_total_range").await;
    till.shop.run("update orders set subtotal_minor = 100000000, total_minor = 100000000").await;

    let answer = till.check_out(order).await;

    assert_eq!(answer.refusal(), (502, "payment_refused"));
    let state = "select status from payments";
    assert_eq!(till.shop.one::<String>(state).await, "failed");
}
