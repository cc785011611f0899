//! Stripe stores its own 500 under our idempotency key: repeating the request repeats the error.

use super::refund::{Sale, euros};
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use serde_json::json;
use stack::stripe::Fault;
use stripe_gateway::{Mode, Stripe};
use sweep::Sweep;

const KEY: &str = "a refund that fails oddly";

impl Sale {
    /// The sweep tries the refund `times` times, each time it is due.
    pub(super) async fn retry_refund(&self, times: usize) {
        let stripe =
            Stripe::new("sk_test_of_this_run", Some(self.fixture.stripe.url()), Mode::Test)
                .unwrap();
        let sweep = Sweep {
            time: sweep::ROUND,
            live: false,
            db: self.fixture.shop.db.clone(),
            dispatcher: OutboxDispatcher::deferred(),
            dead_letters: DeadLetters::none(),
            stripe: stripe.into(),
        };
        for _ in 0..times {
            self.fixture.shop.run("update refunds set next_try_at = now()").await;
            // The round fails as long as the refund does.
            sweep.round().await.ok();
        }
    }

    /// The idempotency keys of the refund requests to Stripe, without repetitions.
    fn keys(&self) -> Vec<String> {
        let calls = self.fixture.stripe.calls().into_iter();
        let keys = calls.filter(|called| called.call == "POST /v1/refunds");
        let mut keys: Vec<_> = keys.filter_map(|called| called.key).collect();
        keys.dedup();
        keys
    }
}

#[tokio::test]
async fn a_refund_that_stripe_gave_and_denies_is_found_and_not_given_again() {
    let sale = Sale::paid().await;
    sale.fixture.stripe.inject_on("POST /v1/refunds", Fault::ErrorAfter);

    let created = sale.refund(KEY, &json!({"amount": euros(700)})).await;
    sale.retry_refund(3).await;

    assert_eq!(sale.shown(&created).await.text("/status"), "succeeded");
    assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (700, 700));
    assert_eq!(sale.keys(), [created.text("/id")]);
    sale.fixture.audit().await;
}

#[tokio::test]
async fn a_refund_that_stripe_never_gave_is_given_under_another_key() {
    let sale = Sale::paid().await;
    sale.fixture.stripe.inject_on("POST /v1/refunds", Fault::ErrorStored);

    let created = sale.refund(KEY, &json!({"amount": euros(700)})).await;
    sale.retry_refund(4).await;
    let in_doubt = sale.shown(&created).await;
    sale.retry_refund(1).await;

    assert_eq!(in_doubt.text("/status"), "requested");
    assert_eq!(sale.shown(&created).await.text("/status"), "succeeded");
    assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (700, 700));
    let id = created.text("/id");
    assert_eq!(sale.keys(), [id.to_owned(), format!("{id}_r1")]);
    sale.fixture.audit().await;
}
