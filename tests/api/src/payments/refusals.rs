//! Refunds that Stripe refuses, or seems to: only four codes are final, and what Stripe has given is found first.

use super::refund::{Sale, euros};
use serde_json::json;
use stack::stripe::{Fault, Reply};

const REFUNDS: &str = "POST /v1/refunds";
const KEY: &str = "a refund that is refused";

impl Sale {
    /// Every refund as it is now: status, and why it failed or waits.
    async fn refund_states(&self) -> String {
        let sql = "select string_agg(concat_ws(' ', status, provider_code), ', ' order by id) from refunds";
        self.fixture.shop.one(sql).await
    }
}

#[tokio::test]
async fn a_refund_that_stripe_gave_and_then_seems_to_refuse_is_found() {
    for reply in [Reply::IDEMPOTENCY_ERROR, Reply::CHARGE_ALREADY_REFUNDED, Reply::KEY_IN_USE] {
        let sale = Sale::paid().await;
        for _ in 0..3 {
            sale.fixture.stripe.inject_on(REFUNDS, Fault::AnswerAfter(reply));
        }

        let created = sale.refund(KEY, &json!({"amount": euros(700)})).await;

        assert_eq!(created.status, 201, "{}", created.body);
        assert_eq!(sale.refund_states().await, "succeeded", "{reply:?}");
        assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (700, 700));
        sale.fixture.audit().await;
    }
}

#[tokio::test]
async fn a_refund_without_enough_balance_or_rights_waits_and_is_given_once() {
    for reply in [Reply::INSUFFICIENT_BALANCE, Reply::FORBIDDEN, Reply::LOCK_TIMEOUT] {
        let sale = Sale::paid().await;
        for _ in 0..3 {
            sale.fixture.stripe.inject_on(REFUNDS, Fault::Answer(reply));
        }

        sale.refund(KEY, &json!({"amount": euros(700)})).await;
        let waiting = sale.refund_states().await;
        sale.retry_refund(6).await;

        assert_eq!(&*waiting, "requested", "{reply:?}");
        assert_eq!(sale.refund_states().await, "succeeded", "{reply:?}");
        assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (700, 700));
        sale.fixture.audit().await;
    }
}

#[tokio::test]
async fn a_refund_of_a_disputed_charge_is_refused_for_good_and_staff_see_why() {
    let sale = Sale::paid().await;
    sale.fixture.stripe.inject_on(REFUNDS, Fault::Answer(Reply::CHARGE_DISPUTED));

    let created = sale.refund(KEY, &json!({"amount": euros(700)})).await;
    let shown = sale.shown(&created).await;

    assert_eq!(
        (shown.text("/status"), shown.text("/failure_reason")),
        ("failed", "charge_disputed")
    );
    assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (0, 0));
    sale.fixture.audit().await;
}

#[tokio::test]
async fn an_old_refund_is_looked_for_before_it_is_asked_for_again() {
    let sale = Sale::paid().await;
    for _ in 0..3 {
        sale.fixture.stripe.inject_on(REFUNDS, Fault::DisconnectAfter);
    }
    sale.refund(KEY, &json!({"amount": euros(700)})).await;
    sale.fixture.shop.run("update refunds set created_at = now() - interval '21 hours'").await;

    sale.retry_refund(1).await;

    assert_eq!(sale.refund_states().await, "succeeded");
    assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (700, 700));
    sale.fixture.audit().await;
}
