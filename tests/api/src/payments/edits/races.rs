//! Edits that arrive at once: with one another, with a payment, with a cancellation and with the end of the time to pay.

use super::{Edits, body, edit, fresh_key};
use axum::http::Method;
use domain::id::OrderId;
use stack::stripe::Card;
use std::future::IntoFuture as _;
use stripe_gateway::Mode;
use testkit::{Call, Order, Response, send_all};

/// Who is told that the shop is busy tries again, under the same key.
async fn answered(call: impl Fn() -> Call) -> Response {
    for _ in 0..20 {
        let response = call().await;
        if response.refusal().1 != "busy" && response.status != 503 {
            return response;
        }
    }
    panic!("the shop stays busy")
}

#[tokio::test]
async fn eight_requests_of_one_edit_are_one() {
    let edits = Edits::open().await;
    edits.fixture.pay(edits.order).await;
    let key = fresh_key();
    let call = || {
        let call = edit(&edits.fixture.api, edits.order, &body(&[(edits.mug, 3)], 3750));
        call.by(&edits.fixture.buyer).header("if-match", "*").key(&key)
    };

    let answers = futures_util::future::join_all((0..8).map(|_| answered(call))).await;

    for answer in &answers {
        assert_eq!((answer.status, &answer.bytes), (200, &answers[0].bytes), "{}", answer.body);
    }
    assert_eq!(edits.edits().await, 1);
    assert_eq!(edits.state().await, "pending 3750 0 | 3 MUG | canceled 2500");
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn of_eight_edits_of_one_version_one_is_made() {
    let edits = Edits::open().await;
    let call = |quantity: i64| {
        let call =
            edit(&edits.fixture.api, edits.order, &body(&[(edits.mug, quantity)], 1250 * quantity));
        call.by(&edits.fixture.buyer).header("if-match", "\"v1\"").key(&fresh_key())
    };

    let answers = send_all((3..=10).map(call)).await;

    let made = answers.iter().filter(|answer| answer.status == 200).count();
    let stale = answers.iter().filter(|answer| answer.refusal() == (412, "stale")).count();
    assert_eq!((made, stale, edits.edits().await), (1, 7, 1));
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn edits_that_take_the_last_pieces_from_one_another_never_oversell_and_never_wait_for_ever() {
    let edits = Edits::open().await;
    let (mug, cup) = (edits.mug, edits.cup);
    let mut orders = Vec::new();
    for (product, quantity) in [(mug, 4), (mug, 4), (cup, 5), (cup, 5)] {
        let buyer = edits.fixture.shop.customer().await;
        let order = edits.fixture.shop.order(&buyer, Order { product, quantity }).await;
        orders.push((buyer, order));
    }
    let api = &edits.fixture.api;
    let crossing = orders.iter().enumerate().map(|(place, (buyer, order))| {
        let (mugs, cups) = if place < 2 { (1, 4) } else { (4, 1) };
        let call = edit(api, *order, &body(&[(mug, mugs), (cup, cups)], 1250 * mugs + 500 * cups));
        call.by(buyer).header("if-match", "*").key(&fresh_key())
    });

    let answers = send_all(crossing).await;

    for answer in &answers {
        let known = [(200, ""), (409, "out_of_stock"), (503, "busy"), (409, "busy")];
        assert!(known.contains(&answer.refusal()), "{}", answer.body);
    }
    for product in [mug, cup] {
        let (on_hand, reserved) = edits.fixture.shop.stock(product).await;
        assert!(reserved <= on_hand, "{reserved} of {on_hand}");
    }
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_edit_and_a_payment_at_once_never_leave_a_payment_of_another_total() {
    for _ in 0..5 {
        let edits = Edits::open().await;
        let edited = edits.edit(&[(edits.mug, 3)], 3750).into_future();
        let paying = edits.fixture.pay(edits.order).into_future();

        let (edited, _) = tokio::join!(edited, paying);
        let started = edits.fixture.pay(edits.order).await;

        assert!(edited.status == 200 || edited.status == 409, "{}", edited.body);
        let contradiction = "select count(*) from payments p join orders o on o.id = p.order_id
                             where p.status not in ('canceled', 'failed') and p.amount_minor <> o.total_minor";
        assert_eq!(edits.fixture.shop.one::<i64>(contradiction).await, 0);
        edits.fixture.stripe.pay(started.text("/stripe_payment_intent"), Card::Visa).unwrap();
        edits.fixture.pay(edits.order).await;
        let paid: (i64, i64) = {
            let sql = "select captured_minor, total_minor from orders";
            let row = edits.fixture.shop.admin.query_one(sql, &[]).await.unwrap();
            (row.get(0), row.get(1))
        };
        assert_eq!(paid.0, paid.1);
        edits.fixture.audit().await;
    }
}

#[tokio::test]
async fn an_edit_and_a_capture_at_once_leave_an_order_that_is_paid_or_edited() {
    for _ in 0..5 {
        let edits = Edits::open().await;
        let intent = edits.fixture.pay(edits.order).await.text("/stripe_payment_intent").to_owned();
        let editing = edits.edit(&[(edits.mug, 1)], 1250).into_future();
        let captured = async { edits.fixture.stripe.pay(&intent, Card::Visa).is_ok() };

        let (edited, captured) = tokio::join!(editing, captured);
        edits.fixture.sweep_in(Mode::Test).round().await.unwrap();

        let state = edits.state().await;
        if captured {
            assert_eq!(edited.refusal(), (409, "order_not_changeable"));
            assert_eq!(state, "confirmed 2500 2500 | 2 MUG | succeeded 2500");
        } else {
            assert_eq!((edited.status, &*state), (200, "pending 1250 0 | 1 MUG | canceled 2500"));
        }
        edits.fixture.audit().await;
    }
}

#[tokio::test]
async fn an_edit_and_the_end_of_the_order_at_once_free_each_piece_once() {
    for by_sweep in [false, true, false, true] {
        let edits = Edits::open().await;
        let cancel = format!("/v1/orders/{}/cancel", edits.order);
        let orders = edits.fixture.orders_api();
        let sweep = edits.fixture.sweep_in(Mode::Test);
        if by_sweep {
            let soon = "update orders set expires_at = now() + interval '20 milliseconds', close_at = now()";
            edits.fixture.shop.run(soon).await;
        }
        let ending = async {
            if by_sweep {
                sweep.round().await.unwrap();
            } else {
                orders.call(Method::POST, &cancel).by(&edits.fixture.buyer).await;
            }
        };

        let editing = edits.edit(&[(edits.mug, 3), (edits.cup, 1)], 4250).into_future();
        let (edited, ()) = tokio::join!(editing, ending);
        edits
            .fixture
            .shop
            .run("update orders set close_at = now(), expires_at = now() where status = 'pending'")
            .await;
        sweep.round().await.unwrap();

        let known = [(200, ""), (409, "order_not_changeable"), (409, "order_ending")];
        assert!(known.contains(&edited.refusal()), "{}", edited.body);
        assert_eq!(edits.reserved().await, (0, 0));
        assert!(edits.state().await.starts_with("cancelled "));
        edits.fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn an_edit_that_is_decided_on_a_version_that_another_one_replaces_is_not_made() {
    let edits = Edits::open().await;
    let staff = edits.fixture.shop.staff().await;
    let first = edits.edit(&[(edits.mug, 3)], 3750).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let stale = edit(&edits.fixture.api, edits.order, &body(&[(edits.mug, 1)], 1250));
    let stale = stale.by(&staff).header("if-match", "\"v1\"").key(&fresh_key()).await;

    assert_eq!(stale.refusal(), (412, "stale"));
    let order: OrderId = edits.order;
    let shown = edits.fixture.orders_api().get(&format!("/v1/orders/{order}")).by(&staff).await;
    let tag = shown.header("etag").unwrap().to_owned();
    let seen = edit(&edits.fixture.api, edits.order, &body(&[(edits.mug, 1)], 1250));
    let seen = seen.by(&staff).header("if-match", &tag).key(&fresh_key()).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
}
