//! What was put into the queues beside what lies in them and what was done.

use crate::{Books, Error, Found};
use serde_json::Value;
use stack::Aws;

const QUEUES: [&str; 4] =
    ["MailQueue", "InventoryQueue", "MailDeadLetters", "InventoryDeadLetters"];

const SENT: &str =
    "select dedupe_key, payload::text from outbox where sent_at is not null order by id";

const UNDONE: &str = "
    select m.dedupe_key
    from outbox m
    where m.dedupe_key = any($1) and case topic
        when 'mail' then not exists (select from emails e where e.dedupe_key = m.dedupe_key and e.status <> 'claimed')
        else not exists (
            select from inbox i where i.consumer = 'sync-inventory' and 'count:' || i.message_key = m.dedupe_key)
    end
    order by id";

/// What was sent before we looked into the queues is there, or was taken out before, and then it is done.
pub(crate) async fn look(books: &Books<'_>, aws: &Aws, found: &mut Found) -> Result<(), Error> {
    let sent: Vec<(String, Value)> = books
        .owner
        .query(SENT, &[])
        .await?
        .iter()
        .map(|row| (row.get(0), read(row.get(1))))
        .collect();
    let (mut waiting, mut places) = (Vec::new(), Vec::new());
    for queue in QUEUES {
        let messages = aws.messages(queue).await?;
        let ready = messages.iter().filter(|message| message.visible).count();
        places.push(format!("{queue} {ready} ready, {} in flight", messages.len() - ready));
        for message in messages {
            if books.is_quiet {
                found.lost("I12", format!("{queue} still holds {}: {}", message.id, message.body));
            }
            waiting.push(read(&message.body));
        }
    }
    let gone = sent.iter().filter(|(_, body)| !waiting.contains(body));
    let gone: Vec<&str> = gone.map(|(key, _)| key.as_str()).collect();
    for row in books.owner.query(UNDONE, &[&gone]).await? {
        let key: &str = row.get(0);
        let left = |logs: &crate::Logs| logs.say("leaves without effect", key);
        if !books.logs.as_ref().is_some_and(left) {
            let places = places.join("; ");
            found.lost("I12", format!("{key} was sent, is not done, and lies nowhere: {places}"));
        }
    }
    Ok(())
}

fn read(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))
}
