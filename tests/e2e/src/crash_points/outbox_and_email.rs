use super::{CrashPoint, Fixture};
use crate::until;
use serde_json::json;
use stack::proxy::Direction;

const UNSENT: &str = "select count(*) from outbox where sent_at is null";
/// Emails sent although their message is not marked as sent.
const SENT_UNMARKED: &str = "
    select count(*)
    from emails join outbox using (dedupe_key)
    where status = 'sent' and outbox.sent_at is null";

#[tokio::test]
async fn an_order_whose_placer_dies_before_or_after_its_message_left_is_placed_once_and_told_by_one_mail()
 {
    let fixture = Fixture::open().await;
    let queues = &fixture.proxies().queues;
    // Before SQS receives the message; and after it accepted it, before that is recorded.
    for (direction, text, emails) in
        [(Direction::ToServer, "SendMessageBatch", 0), (Direction::ToClient, "Successful", 1)]
    {
        let key = format!("placing the order crashes at {text}");
        let at = CrashPoint { function: "Orders", proxy: queues, direction, text };
        // A new process sends its first message at once instead of batching it.
        fixture.restart("Orders").await;

        let first = fixture.kill_at(at, fixture.order(&key)).await;
        let again = fixture.order(&key).await;

        assert_eq!((first.status, again.status), (500, 201), "{}", again.body);
        let order = again.body["id"].as_str().unwrap();
        assert_eq!(
            fixture.one::<i64>("select count(*) from orders where status = 'pending'").await,
            1
        );
        assert_eq!(fixture.one::<i64>(UNSENT).await, 1, "not marked as sent");
        if emails == 1 {
            until("the record of the sent email", async || {
                let sent: i64 = fixture.one(SENT_UNMARKED).await;
                (sent == 1).then_some(())
            })
            .await;
        }
        assert_eq!(fixture.count_emails(order, "").await, emails);
        fixture.expire_leases().await;
        assert_eq!(fixture.sweep().await["messages"], 1);
        fixture.audit().await;
        assert_eq!(fixture.count_emails(order, "").await, 1, "{text}");
        let cancel = format!("/v1/orders/{order}/cancel");
        assert_eq!(fixture.grace.post(&cancel, &json!({})).await.unwrap().status, 200);
        fixture.settle().await;
    }
}

#[tokio::test]
async fn a_mail_whose_sender_dies_before_ses_has_it_is_sent_once_and_after_that_twice_at_most() {
    let fixture = Fixture::open().await;
    let attributes = json!({
        "QueueUrl": fixture.shop.aws().queue_url("MailQueue").unwrap(),
        "Attributes": {"VisibilityTimeout": "3"},
    });
    fixture.shop.aws().sqs().call("SetQueueAttributes", &attributes).await.unwrap();
    // A receive call that was already waiting uses the old visibility timeout; this message is for it.
    fixture.order("a message before those that count").await;
    fixture.settle().await;
    for (direction, text, emails) in [
        (Direction::ToServer, "/v2/email/outbound-emails", 1),
        (Direction::ToClient, "MessageId", 2),
    ] {
        let at =
            CrashPoint { function: "SendEmail", proxy: &fixture.proxies().mails, direction, text };

        let work = async {
            let placed = fixture.order(&format!("sending the email crashes at {text}")).await;
            fixture.send_outbox().await;
            placed
        };
        let placed = fixture.kill_at(at, work).await;

        let order = placed.body["id"].as_str().unwrap();
        fixture.expire_leases().await;
        fixture.audit().await;
        assert_eq!(fixture.count_emails(order, "").await, emails, "{text}");
        let not_sent = "select count(*) from emails where status <> 'sent'";
        assert_eq!(fixture.one::<i64>(not_sent).await, 0);
    }
}
