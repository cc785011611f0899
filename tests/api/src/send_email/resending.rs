//! An email that could not be sent, and is sent again.

use super::Fixture;
use domain::operations::Refusal;
use domain::outbox::Event;
use domain::workflows::resend_email;

#[tokio::test]
async fn what_there_is_nothing_to_write_of_any_more_is_dropped_and_nobody_waits_for_it() {
    let fixture = Fixture::open().await;
    let key = Event::OrderPlaced { order: fixture.order }.dedupe_key();
    let placed =
        "insert into outbox (topic, dedupe_key, payload, sent_at) values ('mail', $1, '{}', now())";
    fixture.shop.admin.execute(placed, &[&key]).await.unwrap();
    fixture.ses.refuse(400, "MessageRejected", "no such mailbox");
    fixture.handle_order_placed().await.unwrap();

    let resent = resend_email(&fixture.shop.db, &key).await.unwrap();
    fixture.shop.run("update users set disabled_at = now()").await;
    let handled = fixture.handle_order_placed().await;
    let again = resend_email(&fixture.shop.db, &key).await;

    assert_eq!(resent.status, "claimed");
    assert!(handled.is_err());
    assert_eq!(fixture.recorded().await.0, "dropped");
    assert!(matches!(again, Err(domain::failure::Failure::Refused(Refusal::EmailDropped))));
}
