//! `refund.*` events: of our own refunds, and of those made in Stripe's dashboard.

use super::{api, deliver, event_outcome, ordered, retry_due_events, state};
use domain::id::{OrderId, RefundId};
use orders::Orders;
use serde_json::Value;
use testkit::{ApiClient, Intent, Shop};

/// A paid order over 19.99 EUR.
async fn paid(shop: &Shop) -> (OrderId, Intent, ApiClient) {
    let (order, intent) = ordered(shop).await;
    let api = api(shop);
    deliver(&api, &intent.event("succeeded", 1)).await;
    (order, intent, api)
}

#[tokio::test]
async fn a_refund_of_the_dashboard_appears() {
    let shop = Shop::open().await;
    let (order, intent, api) = paid(&shop).await;

    for status in ["pending", "succeeded"] {
        deliver(&api, &intent.refund_event("re_1", status, 500, None, 5)).await;
    }

    let expected = "confirmed 1999 500 | succeeded | captured 1999 refunded 500 \
                    | dashboard succeeded 500 | order_confirmed | 5-1";
    assert_eq!(state(&shop, order).await, expected);
    let emails = "select count(*) from outbox where payload ->> 'type' = 'refund_issued'";
    assert_eq!(shop.one::<i64>(emails).await, 1);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_that_the_dashboard_was_faster_than_fails_before_stripe_is_asked_and_staff_are_told()
 {
    let shop = Shop::open().await;
    let (order, intent, api) = paid(&shop).await;
    let ask = "insert into refunds (id, payment_id, amount_minor, status, origin)
               select gen_random_uuid(), id, 1999, 'requested', 'api' from payments";
    shop.run(ask).await;

    for _ in 0..2 {
        deliver(&api, &intent.refund_event("re_1", "succeeded", 206, None, 5)).await;
    }

    let refunds =
        "select string_agg(status || ' ' || amount_minor, ', ' order by amount_minor) from refunds";
    assert_eq!(shop.one::<String>(refunds).await, "succeeded 206, failed 1999");
    let emails = "select count(*) from outbox where payload ->> 'type' = 'refund_failed'";
    assert_eq!(shop.one::<i64>(emails).await, 1);
    assert!(state(&shop, order).await.contains("refunded 206"));
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_that_fails_later_reopens_its_amount() {
    let shop = Shop::open().await;
    let (order, intent, api) = paid(&shop).await;

    for (status, second) in [("pending", 5), ("succeeded", 6), ("failed", 9), ("failed", 9)] {
        deliver(&api, &intent.refund_event("re_1", status, 500, None, second)).await;
    }

    let expected = "confirmed 1999 0 | succeeded | captured 1999 refunded 500 refund_failed 500 \
                    | dashboard failed 500 | order_confirmed | 5-1";
    assert_eq!(state(&shop, order).await, expected);
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_of_our_own_refund_finds_it_before_stripe_answered_us() {
    let shop = Shop::open().await;
    let (order, intent, api) = paid(&shop).await;
    let ours = RefundId::generate();
    let sql = "insert into refunds (id, payment_id, amount_minor, status, origin)
               select $1, id, 500, 'requested', 'api' from payments";
    shop.admin.execute(sql, &[&ours]).await.unwrap();

    deliver(&api, &intent.refund_event("re_1", "succeeded", 500, Some(ours), 5)).await;

    let expected = "confirmed 1999 500 | succeeded | captured 1999 refunded 500 \
                    | api succeeded 500 | order_confirmed | 5-1";
    assert_eq!(state(&shop, order).await, expected);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_over_another_amount_than_ours_is_parked() {
    let shop = Shop::open().await;
    let (_, intent, api) = paid(&shop).await;
    deliver(&api, &intent.refund_event("re_1", "pending", 500, None, 5)).await;

    let odd = intent.refund_event("re_1", "succeeded", 501, None, 6);
    deliver(&api, &odd).await;

    assert_eq!(event_outcome(&shop, &odd).await, "amount_mismatch");
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_told_before_its_payment_waits_for_it() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    let early = intent.refund_event("re_1", "succeeded", 500, None, 5);

    deliver(&api, &early).await;
    let before = event_outcome(&shop, &early).await;
    deliver(&api, &intent.event("succeeded", 1)).await;
    retry_due_events(&shop).await;

    assert_eq!(before, "waits");
    assert_eq!(event_outcome(&shop, &early).await, "done");
    assert!(state(&shop, order).await.starts_with("confirmed 1999 500"));
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_sale_and_its_refund_told_in_any_order_end_alike() {
    let shop = Shop::open().await;
    let mut states = Vec::new();
    for first in 0..4 {
        for second in 0..3 {
            let (order, intent) = ordered(&shop).await;
            let api = api(&shop);
            let refund = format!("re_{first}{second}");
            let mut events = vec![
                intent.event("payment_failed", 1),
                intent.event("succeeded", 2),
                intent.refund_event(&refund, "pending", 1999, None, 3),
                intent.refund_event(&refund, "succeeded", 1999, None, 4),
            ];
            let mut delivered: Vec<Value> = vec![events.remove(first), events.remove(second)];
            delivered.extend(events.into_iter().rev());
            for event in delivered.iter().chain(&delivered) {
                deliver(&api, event).await;
            }
            retry_due_events(&shop).await;
            retry_due_events(&shop).await;
            states.push(state(&shop, order).await);
        }
    }
    states.sort();
    states.dedup();

    let expected = "confirmed 1999 1999 | succeeded | captured 1999 refunded 1999 \
                    | dashboard succeeded 1999 | order_confirmed order_refunded_unshipped | 5-1";
    assert_eq!(states, [expected]);
    shop.check_invariants().await;
}

#[tokio::test]
async fn of_an_order_that_is_refunded_in_full_before_it_is_shipped_staff_are_told_once_and_cancel_it()
 {
    let shop = Shop::open().await;
    let (order, intent, api) = paid(&shop).await;
    let told = "select count(*) from outbox where payload ->> 'type' = 'order_refunded_unshipped'";

    deliver(&api, &intent.refund_event("re_1", "succeeded", 999, None, 5)).await;
    let after_a_part = shop.one::<i64>(told).await;
    for _ in 0..2 {
        deliver(&api, &intent.refund_event("re_2", "succeeded", 1000, None, 6)).await;
    }
    let orders =
        Orders { app: shop.app(), dispatcher: lambda::dispatcher::OutboxDispatcher::deferred() };
    let path = format!("/v1/orders/{order}/cancel");
    let orders = ApiClient::new(orders::routes(), orders);
    let cancelled = orders.call(axum::http::Method::POST, &path).by(&shop.staff().await).await;

    assert_eq!((after_a_part, shop.one::<i64>(told).await), (0, 1));
    assert_eq!((cancelled.status, cancelled.text("/status")), (200, "cancelled"));
    assert_eq!(shop.one::<i32>("select reserved from products").await, 0);
    shop.check_invariants().await;
}
