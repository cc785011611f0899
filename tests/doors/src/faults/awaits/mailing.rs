//! Sending a mail.

use super::World;
use domain::outbox::{Event, Message};
use std::cell::Cell;
use testkit::everywhere;

#[tokio::test]
async fn a_mail_whose_function_is_killed_at_any_await_is_never_lost_and_sent_twice_only_if_ses_had_it()
 {
    let world = World::open().await;
    let (deaths, twice) = (Cell::new(0), Cell::new(0));

    let points = everywhere(async |death| {
        let buyer = world.shop.customer().await;
        let event = Event::OrderPlaced { order: world.order(&buyer).await };
        let functions = world.functions.clone();
        let first = death
            .of(move || async move {
                let message = Message { v: 1, event };
                send_email::handle(&functions.desk(), message, 1).await.is_ok()
            })
            .await;
        let before = world.mails(&buyer).values().sum::<usize>();
        let message = serde_json::to_string(&Message { v: 1, event }).unwrap();
        world.deliver(&message).await;
        world.deliver(&message).await;
        let after = world.mails(&buyer).values().sum::<usize>();

        assert_ne!(first, Some(false), "{death}: a life that is not ended sends the mail");
        if first.is_some() {
            assert_eq!((before, after), (1, 1), "{death}: it was noted");
        }
        assert!((1..=2).contains(&after), "{death}: {after} mails");
        deaths.set(deaths.get() + usize::from(first.is_none()));
        twice.set(twice.get() + after - 1);
        first.is_none()
    })
    .await;

    assert!(points >= 10, "killed at {points} points");
    assert!(twice.get() > 0, "never killed between SES and the note of it");
    assert!(twice.get() < deaths.get() / 2, "{} of {}", twice.get(), deaths.get());
    world.shop.check_invariants().await;
}
