//! Test mode and live mode: keys and objects of the other mode are refused and never believed.

use super::Fixture;
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use payments::Payments;
use stack::stripe::Card;
use stripe_gateway::{Mode, Stripe};
use sweep::Sweep;
use testkit::ApiClient;

impl Fixture {
    /// The sweep of a shop in `mode`, with a key of test mode.
    pub(super) fn sweep_in(&self, mode: Mode) -> Sweep {
        let stripe = Stripe::new("sk_test_of_this_run", Some(self.stripe.url()), mode).unwrap();
        Sweep {
            time: sweep::ROUND,
            live: mode == Mode::Live,
            db: self.shop.db.clone(),
            dispatcher: OutboxDispatcher::deferred(),
            dead_letters: DeadLetters::none(),
            stripe: stripe.into(),
        }
    }
}

#[tokio::test]
async fn a_key_of_the_other_mode_asks_stripe_nothing_until_it_is_replaced() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let stripe = Stripe::new("sk_test_of_this_run", Some(fixture.stripe.url()), Mode::Live);
    let (app, dispatcher) = (fixture.shop.app(), OutboxDispatcher::deferred());
    let live = Payments { app, dispatcher, stripe: stripe.unwrap().into() };
    let live = ApiClient::new(payments::routes(), live);
    let path = format!("/v1/orders/{order}/payment-intent");

    let refused = live.call(axum::http::Method::POST, &path).by(&fixture.buyer).await;
    let calls = fixture.stripe.calls().len();
    let response = fixture.pay(order).await;

    assert_eq!((refused.refusal(), calls), ((503, "unavailable"), 0));
    assert_eq!(response.status, 200, "{}", response.body);
    fixture.audit().await;
}

#[tokio::test]
async fn a_payment_of_the_other_mode_is_not_believed_and_once_the_mode_is_right_it_counts() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let intent = fixture.pay(order).await.text("/stripe_payment_intent").to_owned();
    fixture.stripe.pay(&intent, Card::Visa).unwrap();
    fixture.stripe.set_object_livemode(&intent, true);

    let refused = fixture.pay(order).await;
    let status = fixture.order_status().await;
    fixture.stripe.set_object_livemode(&intent, false);
    fixture.pay(order).await;

    assert_eq!((refused.refusal(), &*status), ((503, "unavailable"), "pending"));
    assert_eq!(fixture.order_status().await, "confirmed");
    fixture.audit().await;
}

#[tokio::test]
async fn a_sweep_of_the_other_mode_ends_no_order_by_what_stripe_says_and_fails() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let intent = fixture.pay(order).await.text("/stripe_payment_intent").to_owned();
    fixture.stripe.pay(&intent, Card::Visa).unwrap();
    let due = "update orders set expires_at = now() - interval '1 second', close_at = now()";
    fixture.shop.run(due).await;

    let failed = fixture.sweep_in(Mode::Live).round().await;
    let status = fixture.order_status().await;
    fixture.shop.run("update orders set close_at = now()").await;
    fixture.sweep_in(Mode::Test).round().await.unwrap();

    assert!(failed.is_err());
    assert_eq!(&*status, "pending");
    assert_eq!(fixture.order_status().await, "confirmed");
    fixture.audit().await;
}
