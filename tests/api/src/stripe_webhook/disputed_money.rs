//! Disputed money that comes back for an order which was cancelled or refunded meanwhile: staff are told, once.

use super::{Fixture, api, deliver, dispute_state, ordered, retry_due_events};
use domain::id::OrderId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::json;
use testkit::{ApiClient, Shop};

const DISPUTE: &str = "dp_of_the_bank";

impl Fixture {
    async fn hear_of_dispute(&self, steps: &[(&str, &str, i64)]) {
        for (step, status, second) in steps {
            self.deliver(&self.intent.dispute_event(DISPUTE, step, status, *second)).await;
        }
    }

    /// How often staff are told that money is back.
    async fn told(&self) -> i64 {
        let sql = "select count(*) from outbox where dedupe_key like 'disputed_money_returned:%'";
        self.shop.one(sql).await
    }

    async fn cancel(&self, order: OrderId) {
        let orders = Orders { app: self.shop.app(), dispatcher: OutboxDispatcher::deferred() };
        let api = ApiClient::new(orders::routes(), orders);
        let path = format!("/v1/orders/{order}/cancel");
        let cancelled = api.post(&path, &json!({})).by(&self.shop.staff().await).await;
        assert_eq!(cancelled.text("/status"), "cancelled", "{}", cancelled.body);
    }
}

#[tokio::test]
async fn a_bank_that_changes_its_mind_after_the_order_was_cancelled_is_told_once() {
    let fixture = Fixture::paid().await;
    fixture
        .hear_of_dispute(&[("funds_withdrawn", "needs_response", 1), ("closed", "lost", 2)])
        .await;
    fixture.cancel(fixture.order).await;
    assert_eq!(fixture.told().await, 0);

    let won = [("closed", "won", 3), ("funds_reinstated", "won", 3), ("closed", "won", 4)];
    fixture.hear_of_dispute(&won).await;
    fixture.hear_of_dispute(&won).await;

    assert_eq!(fixture.told().await, 1);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn money_that_came_back_of_an_order_that_was_refunded_in_part_is_told() {
    for is_reinstated_first in [true, false] {
        let fixture = Fixture::paid().await;
        let refund = fixture.intent.refund_event("re_part", "succeeded", 500, None, 1);
        let mut won = [("closed", "won", 3), ("funds_reinstated", "won", 3)];
        if is_reinstated_first {
            won.reverse();
        }
        fixture.hear_of_dispute(&[("created", "needs_response", 1)]).await;
        fixture.deliver(&refund).await;

        fixture.hear_of_dispute(&won).await;

        assert_eq!(fixture.told().await, 1);
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn money_that_a_bank_moved_counts_although_the_event_waited_for_its_payment() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    let mut closed = intent.dispute_event(DISPUTE, "closed", "won", 3);
    closed["data"]["object"]["balance_transactions"] = json!([{"amount": -1999}, {"amount": 1999}]);
    deliver(&api, &closed).await;
    assert_eq!(dispute_state(&shop, order).await, "free");

    deliver(&api, &intent.event("succeeded", 0)).await;
    for _ in 0..2 {
        retry_due_events(&shop).await;
    }

    let moved = "free | won fraudulent 1999 | withdrawn 1999 reinstated 1999 | 1 mail";
    assert_eq!(dispute_state(&shop, order).await, moved);
    shop.check_invariants().await;
}

#[tokio::test]
async fn money_that_the_shop_may_keep_is_not_told() {
    let fixture = Fixture::paid().await;
    fixture.hear_of_dispute(&[("created", "needs_response", 1), ("closed", "won", 3)]).await;
    assert_eq!(fixture.told().await, 0, "the order goes on");

    let fixture = Fixture::paid().await;
    fixture.hear_of_dispute(&[("created", "warning_needs_response", 1)]).await;
    fixture.cancel(fixture.order).await;
    fixture.hear_of_dispute(&[("closed", "warning_closed", 2)]).await;
    assert_eq!(fixture.told().await, 0, "an inquiry takes nothing, and all is refunded");
}
