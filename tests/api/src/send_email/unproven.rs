//! Emails to addresses that nobody has proven.

use super::{Fixture, SUBJECT, text};
use domain::id::PaymentId;
use domain::outbox::Event;

impl Fixture {
    async fn for_unproven() -> Self {
        let fixture = Self::open().await;
        fixture.shop.run("update users set email_verified_at = null").await;
        fixture
    }

    async fn failed_payment(&self) -> PaymentId {
        let id = PaymentId::generate();
        let sql = "insert into payments (id, order_id, currency, amount_minor, status, provider_pi)
                   values ($1, $2, 'EUR', 2500, 'requires_payment_method', 'pi_1')";
        self.shop.admin.execute(sql, &[&id, &self.order]).await.unwrap();
        id
    }

    fn subjects(&self) -> Vec<String> {
        self.ses.mails().iter().map(|mail| text(mail, SUBJECT).to_owned()).collect()
    }
}

#[tokio::test]
async fn nobody_hears_of_an_unpaid_order_that_a_stranger_placed_on_their_address() {
    let fixture = Fixture::for_unproven().await;
    let (order, payment) = (fixture.order, fixture.failed_payment().await);
    let events = [
        Event::OrderPlaced { order },
        Event::PaymentFailed { payment },
        Event::OrderCancelled { order },
    ];

    for event in events {
        fixture.handle(event).await.unwrap();
    }

    assert_eq!(fixture.subjects(), Vec::<String>::new());
    let dropped = "select count(*) from emails where status = 'dropped' and sent_at is null";
    assert_eq!(fixture.shop.one::<i64>(dropped).await, 3);
    // The message comes again, and meanwhile the address was proven.
    fixture.shop.run("update users set email_verified_at = now()").await;
    for event in events {
        fixture.handle(event).await.unwrap();
    }
    assert_eq!(fixture.subjects(), Vec::<String>::new());
    fixture.audit().await;
}

#[tokio::test]
async fn whoever_pays_hears_of_the_order() {
    let fixture = Fixture::for_unproven().await;
    let order = fixture.order;
    fixture.shop.pay(order).await;

    for event in [Event::OrderConfirmed { order }, Event::OrderPlaced { order }] {
        fixture.handle(event).await.unwrap();
    }

    let number = fixture.shop.order_number(order).await;
    let subjects =
        [format!("Your order {number} is confirmed"), format!("We have your order {number}")];
    assert_eq!(fixture.subjects(), subjects);
    fixture.audit().await;
}
