//! Crashes while a mail is sent.

use super::CrashFixture;
use domain::outbox::{Event, Message};
use std::cell::Cell;
use testkit::at_every_crash_point;

#[tokio::test]
async fn a_mail_whose_function_is_killed_at_any_await_is_never_lost_and_sent_twice_only_if_ses_had_it()
 {
    let fixture = CrashFixture::new().await;
    let (crashes, twice) = (Cell::new(0), Cell::new(0));

    let points = at_every_crash_point(async |crash_point| {
        let buyer = fixture.shop.customer().await;
        let event = Event::OrderPlaced { order: fixture.order(&buyer).await };
        let functions = fixture.functions.clone();
        let first = crash_point
            .run(move || async move {
                let message = Message { v: 1, event };
                send_email::handle(&functions.mailer(), message, 1).await.is_ok()
            })
            .await;
        let before = fixture.emails_to(&buyer).values().sum::<usize>();
        let message = serde_json::to_string(&Message { v: 1, event }).unwrap();
        fixture.deliver(&message).await;
        fixture.deliver(&message).await;
        let after = fixture.emails_to(&buyer).values().sum::<usize>();

        assert_ne!(
            first,
            Some(false),
            "{crash_point}: a function that is not killed sends the mail"
        );
        if first.is_some() {
            assert_eq!((before, after), (1, 1), "{crash_point}: sent and recorded");
        }
        assert!((1..=2).contains(&after), "{crash_point}: {after} mails");
        crashes.set(crashes.get() + usize::from(first.is_none()));
        twice.set(twice.get() + after - 1);
        first.is_none()
    })
    .await;

    assert!(points >= 10, "killed at {points} points");
    assert!(twice.get() > 0, "never killed between SES's answer and its record");
    assert!(twice.get() < crashes.get() / 2, "{} of {}", twice.get(), crashes.get());
    fixture.shop.check_invariants().await;
}
