use super::Night;
use domain::db::Db;
use lambda::dispatch::Dispatch;
use orders::Orders;
use stack::stripe::Card;
use sweep::Sweep;
use testkit::Door;

#[tokio::test]
async fn four_sweeps_at_once_do_each_thing_once() {
    let night = Night::fall().await;
    let mut unpaid = Vec::new();
    let mut opened = Vec::new();
    for _ in 0..3 {
        unpaid.push(night.order().await);
        opened.push(night.opened().await);
    }
    let (late, late_intent) = night.opened().await;
    night.stripe.pay(&late_intent, Card::Visa).unwrap();
    night.ask_to_cancel().await;
    let mut told = Vec::new();
    for _ in 0..3 {
        let order = night.order().await;
        night.leave(&night.shop.payment(order).await.event("succeeded", 0)).await;
        told.push(order);
    }

    let sweeps =
        [night.sweep.clone(), night.sweep.clone(), night.sweep.clone(), night.sweep.clone()];
    let [a, b, c, d] = &sweeps;
    let reports = tokio::join!(a.round(), b.round(), c.round(), d.round());

    let reports = [reports.0, reports.1, reports.2, reports.3].map(Result::unwrap);
    assert_eq!(reports.iter().map(|report| report.orders).sum::<usize>(), 7);
    // The money may have come after the others looked for refunds.
    night.round().await;
    for order in unpaid {
        assert_eq!(night.state(order).await, "cancelled 0 0 requested | order_cancelled | 5-0");
    }
    for (order, intent) in opened {
        let ended = "cancelled 0 0 requested | canceled | order_cancelled | 5-0";
        assert_eq!(night.state(order).await, ended);
        assert_eq!(night.asked(&format!("{intent}/cancel")), 1);
    }
    for order in told {
        assert!(night.state(order).await.starts_with("confirmed 1999 0"));
    }
    assert!(night.state(late).await.starts_with("cancelled 1999 1999"));
    assert_eq!(night.asked("POST /v1/refunds"), 1);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn the_buyer_the_webhook_and_the_sweep_at_once_end_an_order_once() {
    let night = Night::fall().await;
    let mut orders = Vec::new();
    for _ in 0..6 {
        let (order, intent) = night.opened().await;
        orders.push((order, intent));
    }
    for (_, intent) in &orders[..3] {
        night.stripe.pay(intent, Card::Visa).unwrap();
    }
    night.expire().await;

    let events = night.stripe.events();
    for event in events.iter().filter(|event| event["type"] == "payment_intent.succeeded") {
        night.leave(event).await;
    }
    let asked = orders.iter().map(|(order, _)| night.ask_to_pay(*order));
    let (one, other, asked) = tokio::join!(
        night.sweep.round(),
        night.sweep.round(),
        futures_util::future::join_all(asked)
    );

    assert!(one.is_ok() && other.is_ok());
    for answer in asked {
        assert_eq!(answer.status, 409, "{}", answer.body);
    }
    for (place, (order, _)) in orders.iter().enumerate() {
        let expected = if place < 3 {
            "confirmed 1999 0 | succeeded | order_confirmed | 5-1"
        } else {
            "cancelled 0 0 expired | canceled | order_cancelled | 5-0"
        };
        assert_eq!(night.state(*order).await, expected);
    }
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_buyer_who_cancels_while_the_money_comes_gets_the_goods_or_the_money() {
    let night = Night::fall().await;
    let orders = Orders { app: night.shop.app(), dispatch: Dispatch::later() };
    let door = Door::new(orders::routes(), orders);
    let mut stories = Vec::new();
    for _ in 0..10 {
        let (order, intent) = night.opened().await;
        night.stripe.pay(&intent, Card::Visa).unwrap();
        night.leave(&night.stripe.events().pop().unwrap()).await;
        let path = format!("/v1/orders/{order}/cancel");
        stories.push((order, door.call(axum::http::Method::POST, &path).by(&night.buyer)));
    }

    let (orders, cancels): (Vec<_>, Vec<_>) = stories.into_iter().unzip();
    let (answers, _) = tokio::join!(testkit::all(cancels), night.round());
    night.wait().await;
    night.round().await;

    for (order, answer) in orders.iter().zip(answers) {
        let expected = match answer.refusal() {
            (409, "illegal_move") => "confirmed 1999 0 | succeeded | order_confirmed | 5-1",
            (200 | 202, "") => {
                "cancelled 1999 1999 requested | succeeded | late_payment succeeded 1999 | order_cancelled | 5-0"
            }
            refusal => panic!("{refusal:?}"),
        };
        assert_eq!(night.state(*order).await, expected);
    }
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_round_without_the_database_fails_so_that_somebody_is_alarmed() {
    let night = Night::fall().await;
    // Nobody listens on the port of `discard`.
    let db = Db::connect("postgres://app_rw@127.0.0.1:9/none", 1).unwrap();
    let blind = Sweep { db, dispatch: Dispatch::later(), ..night.sweep.clone() };

    assert!(blind.round().await.is_err());
}

#[tokio::test]
async fn messages_wait_for_a_queue() {
    let night = Night::fall().await;
    night.order().await;
    night.expire().await;

    let report = night.round().await;

    assert_eq!(report.messages, 0);
    let waiting = "select count(*) from outbox where sent_at is null and attempts = 0";
    assert_eq!(night.shop.one::<i64>(waiting).await, 1);
}
