//! Two events of one second contradict each other: no order among them can be trusted, so Stripe is asked.

use super::Books;
use lambda::dispatch::Dispatch;
use stack::stripe::Card;
use stripe_gateway::webhook::Secrets;
use stripe_webhook::Webhook;
use testkit::{Door, Intent, WEBHOOK_SECRET};

#[tokio::test]
async fn of_events_that_contradict_each_other_in_one_second_what_stripe_says_now_counts() {
    for steps in [["processing", "payment_failed"], ["payment_failed", "processing"]] {
        for is_paid in [true, false] {
            let books = Books::open().await;
            let order = books.order().await;
            let asked = books.ask_to_pay(order).await;
            let id = asked.text("/stripe_payment_intent").to_owned();
            let payment = "select id from payments";
            let intent = Intent {
                id: id.clone(),
                payment: books.shop.one(payment).await,
                amount: 1999,
                currency: "EUR".to_owned(),
            };
            let webhook = Webhook {
                db: books.shop.db.clone(),
                clock: testkit::clock(),
                dispatch: Dispatch::later(),
                secrets: Secrets::parse(WEBHOOK_SECRET).unwrap().into(),
                live: false,
            };
            let door = Door::new(stripe_webhook::routes(), webhook);
            if is_paid {
                books.stripe.pay(&id, Card::Visa).unwrap();
            }

            // A moment ago: what Stripe says when it is asked is newer.
            let second = testkit::clock().now().unix_timestamp() - 10 - 1_800_000_000;
            for step in steps {
                assert_eq!(door.stripe_event(&intent.event(step, second)).await.status, 200);
            }
            let before = books.status(order).await;
            books.next_run().await;
            // The same events once more change nothing about what Stripe said.
            for step in steps.into_iter().rev() {
                assert_eq!(door.stripe_event(&intent.event(step, second)).await.status, 200);
            }

            assert_eq!(before, "pending", "neither event is about money that came");
            let end = "select o.status || ' ' || p.status || ' ' || o.captured_minor
                       from orders o join payments p on p.order_id = o.id";
            let end = books.shop.one::<String>(end).await;
            let expected = if is_paid {
                "confirmed succeeded 1999"
            } else {
                "pending requires_payment_method 0"
            };
            assert_eq!(end, expected, "{steps:?}");
            books.shop.check_invariants().await;
        }
    }
}
