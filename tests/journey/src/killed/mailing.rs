use super::{Moment, Stage};
use crate::until;
use serde_json::json;
use stack::proxy::Way;

const WAITING: &str = "select count(*) from outbox where sent_at is null";
const OUT: &str = "
    select count(*)
    from emails join outbox using (dedupe_key)
    where status = 'sent' and outbox.sent_at is null";

#[tokio::test]
async fn an_order_whose_placer_dies_before_or_after_its_message_left_is_placed_once_and_told_by_one_mail()
 {
    let stage = Stage::set().await;
    let queues = &stage.lines().queues;
    // Before the queue heard of it, and after the queue took it but before that was noted.
    for (way, text, went) in
        [(Way::ToServer, "SendMessageBatch", 0), (Way::ToClient, "Successful", 1)]
    {
        let key = format!("the placer dies at {text}");
        let at = Moment { function: "Orders", line: queues, way, text };
        // One that has sent nothing a moment ago sends at once.
        stage.renew("Orders").await;

        let first = stage.killed(at, stage.order(&key)).await;
        let again = stage.order(&key).await;

        assert_eq!((first.status, again.status), (500, 201), "{}", again.body);
        let order = again.body["id"].as_str().unwrap();
        assert_eq!(
            stage.one::<i64>("select count(*) from orders where status = 'pending'").await,
            1
        );
        assert_eq!(stage.one::<i64>(WAITING).await, 1, "nobody noted that it was sent");
        if went == 1 {
            until("the note that the mail is out", async || {
                let out: i64 = stage.one(OUT).await;
                (out == 1).then_some(())
            })
            .await;
        }
        assert_eq!(stage.mails(order, "").await, went);
        stage.time_passes().await;
        assert_eq!(stage.sweep().await["messages"], 1);
        stage.books_agree().await;
        assert_eq!(stage.mails(order, "").await, 1, "{text}");
        let cancel = format!("/v1/orders/{order}/cancel");
        assert_eq!(stage.grace.post(&cancel, &json!({})).await.unwrap().status, 200);
        stage.quiet().await;
    }
}

#[tokio::test]
async fn a_mail_whose_sender_dies_before_ses_has_it_is_sent_once_and_after_that_twice_at_most() {
    let stage = Stage::set().await;
    let hurry = json!({
        "QueueUrl": stage.shop.aws().queue_url("MailQueue").unwrap(),
        "Attributes": {"VisibilityTimeout": "3"},
    });
    stage.shop.aws().sqs().call("SetQueueAttributes", &hurry).await.unwrap();
    // Whoever was waiting for a message goes by the old time still, and takes this one.
    stage.order("a message before those that count").await;
    stage.quiet().await;
    for (way, text, most) in
        [(Way::ToServer, "/v2/email/outbound-emails", 1), (Way::ToClient, "MessageId", 2)]
    {
        let at = Moment { function: "SendEmail", line: &stage.lines().mails, way, text };

        let work = async {
            let placed = stage.order(&format!("the sender dies at {text}")).await;
            stage.send().await;
            placed
        };
        let placed = stage.killed(at, work).await;

        let order = placed.body["id"].as_str().unwrap();
        stage.time_passes().await;
        stage.books_agree().await;
        assert_eq!(stage.mails(order, "").await, most, "{text}");
        let settled = "select count(*) from emails where status <> 'sent'";
        assert_eq!(stage.one::<i64>(settled).await, 0);
    }
}
