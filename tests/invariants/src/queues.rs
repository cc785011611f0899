//! Compares the messages that were sent with the queues and with what was processed.

use crate::{Audit, AuditReport, Error};
use serde_json::Value;
use stack::Aws;

const QUEUES: [&str; 4] =
    ["MailQueue", "InventoryQueue", "MailDeadLetters", "InventoryDeadLetters"];

const SENT: &str =
    "select dedupe_key, payload::text from outbox where sent_at is not null order by id";

const UNPROCESSED: &str = "
    select m.dedupe_key
    from outbox m
    where m.dedupe_key = any($1) and case topic
        when 'mail' then not exists (select from emails e where e.dedupe_key = m.dedupe_key and e.status <> 'claimed')
        else not exists (
            select from inbox i where i.consumer = 'sync-inventory' and 'count:' || i.message_key = m.dedupe_key)
    end
    order by id";

/// Every message that was sent is in a queue, or was processed.
pub(crate) async fn check(
    audit: &Audit<'_>,
    aws: &Aws,
    report: &mut AuditReport,
) -> Result<(), Error> {
    let sent: Vec<(String, Value)> = audit
        .owner
        .query(SENT, &[])
        .await?
        .iter()
        .map(|row| (row.get(0), parse(row.get(1))))
        .collect();
    let (mut queued, mut counts) = (Vec::new(), Vec::new());
    for queue in QUEUES {
        let messages = aws.messages(queue).await?;
        let ready = messages.iter().filter(|message| message.visible).count();
        counts.push(format!("{queue} {ready} ready, {} in flight", messages.len() - ready));
        for message in messages {
            if audit.is_idle {
                report.lost("I12", format!("{queue} still holds {}: {}", message.id, message.body));
            }
            queued.push(parse(&message.body));
        }
    }
    let not_queued = sent.iter().filter(|(_, body)| !queued.contains(body));
    let not_queued: Vec<&str> = not_queued.map(|(key, _)| key.as_str()).collect();
    for row in audit.owner.query(UNPROCESSED, &[&not_queued]).await? {
        let key: &str = row.get(0);
        let was_dropped = |logs: &crate::Logs| logs.contain("message dropped", key);
        if !audit.logs.as_ref().is_some_and(was_dropped) {
            let counts = counts.join("; ");
            report
                .lost("I12", format!("{key} was sent, is not done, and is in no queue: {counts}"));
        }
    }
    Ok(())
}

fn parse(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))
}
