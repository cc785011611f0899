//! Events that leave the shop if, and only if, the change that they announce was committed (transactional outbox).
//!
//! An event is a row written in the transaction of its change. Whoever sends it leases the row, so that no lock is held
//! while the network is slow, and another sender takes over when one dies. A process that sends its own messages
//! ([`send_own_messages`]) writes its rows as leased already; all others wait in the outbox for the sweep.

mod buffer;
mod event;

pub use event::Event;

use crate::db::{Ask, Db, DbError, Tx, params, queries};
use buffer::OutboxBuffer;
use postgres_types::Json;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tokio_postgres::Row;

/// The body of a queue message: an event and the version of its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub v: u8,
    #[serde(flatten)]
    pub event: Event,
}

/// The queue that a message goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    Mail,
    Inventory,
}

impl Topic {
    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Inventory => "inventory",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Mail, Self::Inventory].into_iter().find(|topic| topic.name() == name)
    }
}

queries! {
    ENQUEUE: "enqueue an event" = "
        insert into outbox (topic, dedupe_key, payload, available_at, attempts)
        values ($1, $2, $3, now() + make_interval(secs => $4::int4), least($4::int4, 1))
        on conflict on constraint outbox_once do nothing
        returning id";

    ENQUEUE_ALL: "enqueue messages" = "
        insert into outbox as known (topic, dedupe_key, payload, available_at, attempts)
        select $1, message.key, message.payload, now() + make_interval(secs => $4::int4), least($4::int4, 1)
        from unnest($2::text[], $3::jsonb[]) as message (key, payload)
        on conflict on constraint outbox_once do update
        set payload = excluded.payload, sent_at = null, available_at = excluded.available_at, attempts = excluded.attempts
        where known.sent_at is not null
        returning id, payload";

    /// Leased rather than locked. Found by `sent_at`, never by the highest id seen: a lower id may be committed later.
    LEASE: "lease events to send" = "
        with due as (
            select id from outbox
            where sent_at is null and available_at <= now()
            order by available_at, id
            limit $1
            for update skip locked
        )
        update outbox
        set attempts = attempts + 1,
            available_at = now() + make_interval(secs => least(30 * (attempts + 1), 600))
        from due
        where outbox.id = due.id
        returning outbox.id, outbox.topic, outbox.payload";

    /// Also when its row was marked as sent or deleted: an event that nobody could act on counts as unsent.
    REQUEUE: "requeue an event in the outbox" = "
        insert into outbox (topic, dedupe_key, payload, available_at)
        values ($1, $2, $3, now() + make_interval(secs => $4::int4))
        on conflict on constraint outbox_once do update
        set sent_at = null, available_at = excluded.available_at, attempts = 0";

    SEND_AGAIN: "send an event again" = "
        update outbox set sent_at = null, available_at = now(), attempts = 0 where topic = $1 and dedupe_key = $2";

    MARK_SENT: "mark events as sent" = "
        update outbox set sent_at = now() where id = any($1) and sent_at is null";
}

/// How long only the process that wrote an event may send it.
const OWN_LEASE_SECONDS: i32 = 15;

/// From now on this process sends the messages that it writes itself, as soon as they are committed: see
/// [`take_written`].
pub fn send_own_messages(db: &mut Db) {
    db.attach(OutboxBuffer::default());
}

/// In seconds; zero if other processes send what the transaction writes.
fn own_lease(tx: &Tx<'_>) -> i32 {
    if tx.attached::<OutboxBuffer>().is_some() { OWN_LEASE_SECONDS } else { 0 }
}

/// Buffers messages once they are committed, if this process sends them.
fn buffer_after_commit(tx: &Tx<'_>, messages: Vec<OutboxMessage>) {
    if let Some(buffer) = tx.attached::<OutboxBuffer>().cloned() {
        tx.after_commit(move |began| buffer.add(began, messages));
    }
}

/// Writes an event in the transaction of the change that it announces.
pub(crate) fn enqueue(tx: &Tx<'_>, event: Event) {
    let (topic, message) = (Topic::Mail, Message { v: 1, event });
    let row = params![topic.name(), event.dedupe_key(), Json(message), own_lease(tx)];
    let Some(buffer) = tx.attached::<OutboxBuffer>().cloned() else {
        return tx.defer(Ask::write(&ENQUEUE, row));
    };
    let body = serde_json::to_string(&message).expect("ids and words are JSON");
    let written = Arc::new(OnceLock::new());
    let committed = Arc::clone(&written);
    tx.defer(Ask::new(&ENQUEUE, row, move |rows| {
        if let Some(row) = rows.first() {
            written.get_or_init(|| row.get::<_, i64>("id"));
        }
        Ok(())
    }));
    tx.after_commit(move |began| {
        if let Some(&id) = committed.get() {
            buffer.add(began, vec![OutboxMessage { id, topic, body }]);
        }
    });
}

/// Writes many messages with one statement, each under its key. A message that is still unsent under its key stays as it
/// is; one that was sent before is sent again, and its consumer decides whether it is new.
///
/// `keys` are sorted, so that two transactions that write the same ones cannot deadlock.
pub(crate) async fn enqueue_all<M>(
    tx: &Tx<'_>,
    topic: Topic,
    keys: &[String],
    messages: &[M],
) -> Result<(), DbError>
where
    M: Serialize + std::fmt::Debug + Sync,
{
    let messages: Vec<_> = messages.iter().map(Json).collect();
    let lease = own_lease(tx);
    let rows = tx.rows(&ENQUEUE_ALL, &[&topic.name(), &keys, &messages, &lease]).await?;
    buffer_after_commit(tx, rows.iter().map(|row| OutboxMessage::read(topic, row)).collect());
    Ok(())
}

/// A leased message: for a while nobody else sends it.
#[derive(Clone, Debug)]
pub struct OutboxMessage {
    pub id: i64,
    pub topic: Topic,
    /// What goes into the queue: JSON.
    pub body: String,
}

impl OutboxMessage {
    fn read(topic: Topic, row: &Row) -> Self {
        let body: serde_json::Value = row.get("payload");
        Self { id: row.get("id"), topic, body: body.to_string() }
    }
}

/// Takes what this process wrote since the last call and still has on lease.
pub fn take_written(db: &Db) -> Vec<OutboxMessage> {
    let buffer = db.attached::<OutboxBuffer>();
    buffer.map(|buffer| buffer.take(Instant::now())).unwrap_or_default()
}

/// Like [`take_written`], but empty if messages were taken less than a quarter of a second ago and fewer than `size`
/// have come since.
pub fn take_batch(db: &Db, size: usize) -> Vec<OutboxMessage> {
    let buffer = db.attached::<OutboxBuffer>();
    buffer.map(|buffer| buffer.take_batch(size, Instant::now())).unwrap_or_default()
}

/// Leases up to `limit` unsent messages. The more often a message has failed, the longer the lease.
pub async fn lease(db: &Db, limit: u8) -> Result<Vec<OutboxMessage>, DbError> {
    let rows = db.rows(&LEASE, &[&i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            let topic =
                Topic::from_name(row.get("topic")).ok_or(DbError::invalid_row(&LEASE, "topic"))?;
            Ok(OutboxMessage::read(topic, row))
        })
        .collect()
}

/// Marks messages as sent once the queue has accepted them.
pub async fn mark_sent(db: &Db, ids: &[i64]) -> Result<(), DbError> {
    db.execute(&MARK_SENT, &[&ids]).await.map(drop)
}

/// Requeues an event that its consumer cannot act on yet; the sweep sends it in `seconds` or somewhat later.
pub async fn requeue(db: &Db, event: Event, seconds: i32) -> Result<(), DbError> {
    let message = Json(Message { v: 1, event });
    let key = event.dedupe_key();
    db.execute(&REQUEUE, &[&Topic::Mail.name(), &key, &message, &seconds]).await.map(drop)
}

/// Requeues an event by its key, for the sweep. False if it was so long ago that the outbox does not have it any more.
pub(crate) async fn send_again(tx: &Tx<'_>, key: &str) -> Result<bool, DbError> {
    Ok(tx.execute(&SEND_AGAIN, &[&Topic::Mail.name(), &key]).await? > 0)
}
