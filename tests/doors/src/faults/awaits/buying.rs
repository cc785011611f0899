//! Placing an order, beginning to pay it, and hearing that it is paid.

use super::{Functions, PRICE, World, begin, one_each};
use crate::faults::wish;
use domain::id::ProductId;
use std::cell::Cell;
use testkit::{Call, Door, Person, everywhere};

fn place(orders: &Door, mug: ProductId, buyer: &Person, key: &str) -> Call {
    orders.post("/v1/orders", &wish(mug)).by(buyer).key(key)
}

#[tokio::test]
async fn an_order_whose_function_is_killed_at_any_await_is_placed_once_and_its_mail_goes_out_once()
{
    let world = World::open().await;
    let (placed, unsent, sent_twice) = (Cell::new(0), Cell::new(0), Cell::new(0));

    let points = everywhere(async |death| {
        let (mug, buyer) = (world.mug, world.shop.customer().await);
        let key = format!("an order, {death}");
        let request = {
            let (buyer, key) = (buyer.clone(), key.clone());
            move |door: &Door| place(door, mug, &buyer, &key)
        };
        let first = world.ask(death, Functions::orders, request).await;
        let left = "select count(*) from outbox where sent_at is null";
        unsent.set(unsent.get() + world.shop.one::<i64>(left).await);
        let messages = world.queue.take();
        let again = place(&world.orders, mug, &buyer, &key).await;

        assert_eq!(again.status, 201, "{death}: {}", again.body);
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (201, &again.bytes), "{death}");
        }
        for message in &messages {
            world.deliver(message).await;
        }
        world.go_on().await;
        let mails = world.mails(&buyer);
        assert_eq!(mails, one_each(["We have your order"]), "{death}");
        let of_buyer = "select count(*) from orders where user_id = $1";
        let of_buyer = world.shop.admin.query_one(of_buyer, &[&buyer.id]).await.unwrap();
        assert_eq!(of_buyer.get::<_, i64>(0), 1, "{death}");
        placed.set(placed.get() + 1);
        let attempts = "select coalesce(max(attempts), 0) from outbox where dedupe_key = $1";
        let event = format!("order_placed:{}", again.text("/id"));
        let attempts = world.shop.admin.query_one(attempts, &[&event]).await.unwrap();
        if !messages.is_empty() && attempts.get::<_, i32>(0) > 1 {
            sent_twice.set(sent_twice.get() + 1);
        }
        first.is_none()
    })
    .await;

    assert!(points >= 20, "killed at {points} points");
    assert!(unsent.get() > 0, "never killed between the commit and the queue");
    assert!(sent_twice.get() > 0, "never killed between the queue and the note of it");
    assert_eq!(world.shop.stock(world.mug).await, (1000, placed.get()));
}

#[tokio::test]
async fn a_payment_whose_function_is_killed_at_any_await_is_one_intent_and_one_charge() {
    let world = World::open().await;

    let points = everywhere(async |death| {
        let buyer = world.shop.customer().await;
        let order = world.order(&buyer).await;
        let request = {
            let buyer = buyer.clone();
            move |door: &Door| begin(door, order, &buyer)
        };
        let first = world.ask(death, Functions::payments, request).await;
        let again = begin(&world.payments, order, &buyer).await;
        let intent = world.pay(&again).await;
        world.go_on().await;

        if let Some(first) = &first {
            assert_eq!(first.text("/stripe_payment_intent"), intent, "{death}");
        }
        let late = begin(&world.payments, order, &buyer).await;
        assert_eq!(late.refusal(), (409, "not_payable"), "{death}");
        assert_eq!(world.mails(&buyer), one_each(["Your order is confirmed"]), "{death}");
        first.is_none()
    })
    .await;

    assert!(points >= 20, "killed at {points} points");
    assert!(world.stripe.ledger().iter().all(|line| line.received == PRICE));
    world.compare_books().await;
}

#[tokio::test]
async fn an_event_whose_function_is_killed_at_any_await_is_never_lost_and_confirms_once() {
    let world = World::open().await;
    let (unkept, done) = (Cell::new(0), Cell::new(0));
    let sweep_first = Cell::new(false);

    let points = everywhere(async |death| {
        let buyer = world.shop.customer().await;
        let order = world.order(&buyer).await;
        let begun = begin(&world.payments, order, &buyer).await;
        let intent = begun.text("/stripe_payment_intent");
        world.stripe.pay(intent, stack::stripe::Card::Visa).unwrap();
        let event = world.success(intent);
        let id = event["id"].as_str().unwrap().to_owned();
        let request = {
            let event = event.clone();
            move |door: &Door| door.stripe_event(&event)
        };
        let first = world.ask(death, Functions::webhook, request).await;
        let fate = "select processed_at is not null from stripe_events where event_id = $1";
        let fate = world.shop.admin.query_opt(fate, &[&id]).await.unwrap();
        let met = match fate.map(|row| row.get(0)) {
            _ if first.is_some() => None,
            None => Some(&unkept),
            Some(true) => Some(&done),
            Some(false) => panic!("{death}: kept without its effect"),
        };
        if let Some(met) = met {
            met.set(met.get() + 1);
        }
        // Next to each other, deaths leave the same behind: both ways to go on meet all of it.
        if sweep_first.replace(!sweep_first.get()) {
            world.go_on().await;
        }
        let again = world.webhook.stripe_event(&event).await;
        world.go_on().await;

        for answer in first.iter().chain([&again]) {
            assert_eq!(answer.status, 200, "{death}: {}", answer.body);
        }
        let paid = "select status || ' ' || captured_minor from orders where id = $1";
        let paid = world.shop.admin.query_one(paid, &[&order]).await.unwrap();
        assert_eq!(paid.get::<_, String>(0), format!("confirmed {PRICE}"), "{death}");
        assert_eq!(world.mails(&buyer), one_each(["Your order is confirmed"]), "{death}");
        first.is_none()
    })
    .await;
    assert!(points >= 20, "killed at {points} points");

    let met = (unkept.get(), done.get());
    assert!(met.0 > 0 && met.1 > 0, "before it was kept, before it was answered: {met:?}");
    world.compare_books().await;
}
