//! Stripe keeps its own failure under our key: repeating the request brings the failure again, for ever.

use super::refund::{Sale, euros};
use lambda::dead_letters::DeadLetters;
use lambda::dispatch::Dispatch;
use serde_json::json;
use stack::stripe::Fault;
use stripe_gateway::Stripe;
use sweep::Sweep;

const KEY: &str = "a refund that fails oddly";

impl Sale {
    /// The sweep asks for the refund so many times, each when it is due.
    async fn asked_again(&self, times: usize) {
        let stripe = Stripe::new("sk_test_of_this_run", Some(self.till.stripe.url())).unwrap();
        let sweep = Sweep {
            db: self.till.shop.db.clone(),
            dispatch: Dispatch::later(),
            dead_letters: DeadLetters::none(),
            stripe: stripe.into(),
        };
        for _ in 0..times {
            self.till.shop.run("update refunds set next_try_at = now()").await;
            // It fails as long as the refund does.
            sweep.round().await.ok();
        }
    }

    /// The keys under which Stripe was asked to give money back, each once.
    fn keys(&self) -> Vec<String> {
        let calls = self.till.stripe.calls().into_iter();
        let keys = calls.filter(|called| called.call == "POST /v1/refunds");
        let mut keys: Vec<_> = keys.filter_map(|called| called.key).collect();
        keys.dedup();
        keys
    }
}

#[tokio::test]
async fn a_refund_that_stripe_gave_and_denies_is_found_and_not_given_again() {
    let sale = Sale::made().await;
    sale.till.stripe.script_on("POST /v1/refunds", Fault::ErrorAfter);

    let created = sale.refund(KEY, &json!({"amount": euros(700)})).await;
    sale.asked_again(3).await;

    assert_eq!(sale.shown(&created).await.text("/status"), "succeeded");
    assert_eq!((sale.given_back().await, sale.given_back_by_stripe()), (700, 700));
    assert_eq!(sale.keys(), [created.text("/id")]);
    sale.till.hold().await;
}

#[tokio::test]
async fn a_refund_that_stripe_never_gave_is_given_under_another_key() {
    let sale = Sale::made().await;
    sale.till.stripe.script_on("POST /v1/refunds", Fault::ErrorKept);

    let created = sale.refund(KEY, &json!({"amount": euros(700)})).await;
    sale.asked_again(4).await;
    let in_doubt = sale.shown(&created).await;
    sale.asked_again(1).await;

    assert_eq!(in_doubt.text("/status"), "requested");
    assert_eq!(sale.shown(&created).await.text("/status"), "succeeded");
    assert_eq!((sale.given_back().await, sale.given_back_by_stripe()), (700, 700));
    let id = created.text("/id");
    assert_eq!(sale.keys(), [id.to_owned(), format!("{id}_r1")]);
    sale.till.hold().await;
}
