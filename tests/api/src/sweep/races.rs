//! Sweeps at the same time as each other, the buyer and the webhook; and sweeps without database or queue.

use super::Fixture;
use domain::db::Db;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use stack::stripe::Card;
use sweep::Sweep;
use testkit::ApiClient;

#[tokio::test]
async fn four_sweeps_at_once_do_each_thing_once() {
    let fixture = Fixture::open().await;
    let mut unpaid = Vec::new();
    let mut opened = Vec::new();
    for _ in 0..3 {
        unpaid.push(fixture.order().await);
        opened.push(fixture.open_payment().await);
    }
    let (late, late_intent) = fixture.open_payment().await;
    fixture.stripe.pay(&late_intent, Card::Visa).unwrap();
    fixture.request_cancellations().await;
    let mut paid = Vec::new();
    for _ in 0..3 {
        let order = fixture.order().await;
        fixture.store_event(&fixture.shop.payment(order).await.event("succeeded", 0)).await;
        paid.push(order);
    }

    let sweeps = [
        fixture.sweep.clone(),
        fixture.sweep.clone(),
        fixture.sweep.clone(),
        fixture.sweep.clone(),
    ];
    let [a, b, c, d] = &sweeps;
    let reports = tokio::join!(a.round(), b.round(), c.round(), d.round());

    let reports = [reports.0, reports.1, reports.2, reports.3].map(Result::unwrap);
    assert_eq!(reports.iter().map(|report| report.orders).sum::<usize>(), 7);
    // The late payment may have been applied after the last sweep looked for due refunds.
    fixture.round().await;
    for order in unpaid {
        assert_eq!(fixture.state(order).await, "cancelled 0 0 requested | order_cancelled | 5-0");
    }
    for (order, intent) in opened {
        let ended = "cancelled 0 0 requested | canceled | order_cancelled | 5-0";
        assert_eq!(fixture.state(order).await, ended);
        assert_eq!(fixture.count_calls(&format!("{intent}/cancel")), 1);
    }
    for order in paid {
        assert!(fixture.state(order).await.starts_with("confirmed 1999 0"));
    }
    assert!(fixture.state(late).await.starts_with("cancelled 1999 1999"));
    assert_eq!(fixture.count_calls("POST /v1/refunds"), 1);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn the_buyer_the_webhook_and_the_sweep_at_once_end_an_order_once() {
    let fixture = Fixture::open().await;
    let mut orders = Vec::new();
    for _ in 0..6 {
        let (order, intent) = fixture.open_payment().await;
        orders.push((order, intent));
    }
    for (_, intent) in &orders[..3] {
        fixture.stripe.pay(intent, Card::Visa).unwrap();
    }
    fixture.expire_orders().await;

    let events = fixture.stripe.events();
    for event in events.iter().filter(|event| event["type"] == "payment_intent.succeeded") {
        fixture.store_event(event).await;
    }
    let requests = orders.iter().map(|(order, _)| fixture.start_payment(*order));
    let (one, other, responses) = tokio::join!(
        fixture.sweep.round(),
        fixture.sweep.round(),
        futures_util::future::join_all(requests)
    );

    assert!(one.is_ok() && other.is_ok());
    for response in responses {
        assert_eq!(response.status, 409, "{}", response.body);
    }
    // Sweeps pass over an order that its buyer asks to pay at that moment.
    fixture.make_retries_due().await;
    fixture.round().await;
    for (place, (order, _)) in orders.iter().enumerate() {
        let expected = if place < 3 {
            "confirmed 1999 0 | succeeded | order_confirmed | 5-1"
        } else {
            "cancelled 0 0 expired | canceled | order_cancelled | 5-0"
        };
        assert_eq!(fixture.state(*order).await, expected);
    }
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_buyer_who_cancels_while_the_money_comes_gets_the_goods_or_the_money() {
    let fixture = Fixture::open().await;
    let orders = Orders { app: fixture.shop.app(), dispatcher: OutboxDispatcher::deferred() };
    let api = ApiClient::new(orders::routes(), orders);
    let mut cancellations = Vec::new();
    for _ in 0..10 {
        let (order, intent) = fixture.open_payment().await;
        fixture.stripe.pay(&intent, Card::Visa).unwrap();
        fixture.store_event(&fixture.stripe.events().pop().unwrap()).await;
        let path = format!("/v1/orders/{order}/cancel");
        cancellations.push((order, api.call(axum::http::Method::POST, &path).by(&fixture.buyer)));
    }

    let (orders, cancels): (Vec<_>, Vec<_>) = cancellations.into_iter().unzip();
    let (responses, _) = tokio::join!(testkit::send_all(cancels), fixture.round());
    fixture.make_retries_due().await;
    fixture.round().await;

    for (order, response) in orders.iter().zip(responses) {
        let expected = match response.refusal() {
            (409, "illegal_move") => "confirmed 1999 0 | succeeded | order_confirmed | 5-1",
            (200 | 202, "") => {
                "cancelled 1999 1999 requested | succeeded | late_payment succeeded 1999 | order_cancelled | 5-0"
            }
            refusal => panic!("{refusal:?}"),
        };
        assert_eq!(fixture.state(*order).await, expected);
    }
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_round_without_the_database_fails_so_that_somebody_is_alarmed() {
    let fixture = Fixture::open().await;
    // Nothing listens on port 9 (discard).
    let db = Db::connect("postgres://app_rw@127.0.0.1:9/none", 1).unwrap();
    let blind = Sweep { db, dispatcher: OutboxDispatcher::deferred(), ..fixture.sweep.clone() };

    assert!(blind.round().await.is_err());
}

#[tokio::test]
async fn messages_wait_for_a_queue() {
    let fixture = Fixture::open().await;
    fixture.order().await;
    fixture.expire_orders().await;

    let report = fixture.round().await;

    assert_eq!(report.messages, 0);
    let waiting = "select count(*) from outbox where sent_at is null and attempts = 0";
    assert_eq!(fixture.shop.one::<i64>(waiting).await, 1);
}
