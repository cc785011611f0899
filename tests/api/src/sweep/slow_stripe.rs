//! A Stripe that is slow or away delays nothing that does not need it, and nothing starves.

use super::Fixture;
use crate::faults::sqs::Queue;
use stack::stripe::{Card, Fault};
use std::time::Duration;
use sweep::Report;

const DELAY: Duration = Duration::from_millis(300);
/// Of a round, for the calls that begin last, and the messages after them.
const ENDING: Duration = Duration::from_secs(30);
const PAYMENTS: usize = 6;

impl Fixture {
    /// Expired orders that nothing but Stripe keeps from ending.
    async fn expired_payments(&self, count: usize) {
        for _ in 0..count {
            self.open_payment().await;
        }
        self.expire_orders().await;
    }

    async fn count(&self, what: &str) -> i64 {
        self.shop.one(&format!("select count(*) from {what}")).await
    }
}

#[tokio::test]
async fn while_stripe_is_slow_each_round_does_the_rest_and_some_of_what_needs_stripe() {
    let (mut fixture, queue) = (Fixture::open().await, Queue::start().await);
    fixture.sweep.time = ENDING + 4 * DELAY;
    fixture.sweep.dispatcher = queue.dispatcher();
    fixture.sweep.dead_letters = queue.dead_letters();
    let not_begun = fixture.order().await;
    fixture.expired_payments(PAYMENTS).await;
    let old = "insert into inbox (consumer, message_key, received_at)
        values ('c', 'm', now() - interval '31 days')";
    fixture.shop.run(old).await;
    for _ in 0..10 * PAYMENTS {
        fixture.stripe.inject_on("/cancel", Fault::Delay(DELAY));
    }

    let first = fixture.round().await;

    assert!(fixture.state(not_begun).await.starts_with("cancelled 0 0 expired"));
    assert_eq!((first.forgotten, fixture.count("inbox").await), (1, 0));
    assert!((2..=5).contains(&first.orders), "{first:?}");
    let all_else = async |round: &Report| {
        assert_eq!(round.dead_letters, 2);
        assert_eq!(fixture.count("outbox where sent_at is null").await, 0, "{round:?}");
        assert!(!queue.take().is_empty(), "each round wrote messages, and sent them");
    };
    all_else(&first).await;
    let mut rounds = 1;
    while fixture.count("orders where status = 'pending'").await > 0 {
        fixture.make_retries_due().await;
        let round = fixture.round().await;
        assert!(round.orders > 0, "after {rounds} rounds: {round:?}");
        all_else(&round).await;
        rounds += 1;
    }
    assert!(rounds > 1, "{rounds}");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn after_two_calls_without_an_answer_stripe_is_not_asked_again_in_the_round() {
    let fixture = Fixture::open().await;
    fixture.expired_payments(5).await;
    for _ in 0..100 {
        fixture.stripe.inject_on("/cancel", Fault::ErrorBefore);
    }

    fixture.sweep.round().await.unwrap_err();

    // Each call is tried three times.
    assert_eq!(fixture.count_calls("/cancel"), 6);
    assert_eq!(fixture.count("orders where status = 'pending'").await, 5);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_stripe_never_answers_for_does_not_keep_the_others_from_ending() {
    let mut fixture = Fixture::open().await;
    fixture.sweep.time = ENDING + 2 * DELAY;
    fixture.expired_payments(3).await;
    let (_, stuck) = fixture.open_payment().await;
    fixture.expire_orders().await;
    for _ in 0..1000 {
        fixture.stripe.inject_on(&format!("{stuck}/cancel"), Fault::ErrorBefore);
    }

    for _ in 0..20 {
        let _ = fixture.sweep.round().await;
        fixture.make_retries_due().await;
    }

    assert_eq!(fixture.count("orders where status = 'pending'").await, 1);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_whose_payment_waits_for_a_bank_is_looked_at_more_rarely_after_an_hour() {
    for (age, pause) in [("59 minutes", 30), ("61 minutes", 900)] {
        let fixture = Fixture::open().await;
        let (order, intent) = fixture.open_payment().await;
        fixture.stripe.pay(&intent, Card::Slow).unwrap();
        let expired =
            format!("update orders set expires_at = now() - interval '{age}', close_at = now()");
        fixture.shop.run(&expired).await;

        fixture.round().await;

        assert_eq!(fixture.state(order).await, "pending 0 0 | processing | 5-1");
        let seconds = "select extract(epoch from close_at - now())::float8 from orders";
        let seconds = fixture.shop.one::<f64>(seconds).await;
        assert!((f64::from(pause) - 20.0..=f64::from(pause)).contains(&seconds), "{seconds}");
    }
}
