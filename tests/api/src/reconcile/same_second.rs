//! Two events of the same second contradict each other: their order is unknown, so Stripe is asked for the state.

use super::Fixture;
use lambda::dispatcher::OutboxDispatcher;
use stack::stripe::Card;
use stripe_gateway::webhook::SigningSecrets;
use stripe_webhook::Webhook;
use testkit::{ApiClient, Intent, WEBHOOK_SECRET};

#[tokio::test]
async fn of_events_that_contradict_each_other_in_one_second_what_stripe_says_now_counts() {
    for steps in [["processing", "payment_failed"], ["payment_failed", "processing"]] {
        for is_paid in [true, false] {
            let fixture = Fixture::open().await;
            let order = fixture.order().await;
            let asked = fixture.start_payment(order).await;
            let id = asked.text("/stripe_payment_intent").to_owned();
            let payment = "select id from payments";
            let intent = Intent {
                id: id.clone(),
                payment: fixture.shop.one(payment).await,
                amount: 1999,
                currency: "EUR".to_owned(),
            };
            let webhook = Webhook {
                db: fixture.shop.db.clone(),
                clock: testkit::clock(),
                dispatcher: OutboxDispatcher::deferred(),
                secrets: SigningSecrets::parse(WEBHOOK_SECRET).unwrap().into(),
                live: false,
            };
            let api = ApiClient::new(stripe_webhook::routes(), webhook);
            if is_paid {
                fixture.stripe.pay(&id, Card::Visa).unwrap();
            }

            // Ten seconds ago, so that what Stripe reports when asked is newer.
            let second = testkit::clock().now().unix_timestamp() - 10 - 1_800_000_000;
            for step in steps {
                assert_eq!(api.stripe_event(&intent.event(step, second)).await.status, 200);
            }
            let before = fixture.status(order).await;
            fixture.next_run().await;
            // Delivering the same events again changes nothing.
            for step in steps.into_iter().rev() {
                assert_eq!(api.stripe_event(&intent.event(step, second)).await.status, 200);
            }

            assert_eq!(before, "pending", "neither event reports a capture");
            let end = "select o.status || ' ' || p.status || ' ' || o.captured_minor
                       from orders o join payments p on p.order_id = o.id";
            let end = fixture.shop.one::<String>(end).await;
            let expected = if is_paid {
                "confirmed succeeded 1999"
            } else {
                "pending requires_payment_method 0"
            };
            assert_eq!(end, expected, "{steps:?}");
            fixture.shop.check_invariants().await;
        }
    }
}
