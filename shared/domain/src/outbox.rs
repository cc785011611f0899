//! Events that must leave the shop if, and only if, the change they tell of was committed.
//!
//! An event is a row written in the transaction of its change. Whoever sends it has the row on lease, so that no lock
//! is held while the network is slow, and a sender that dies is followed by another. A process that sends what it writes
//! ([`Db::send_itself`]) writes its rows as leased already; all others wait in the outbox for the sweep.

mod tray;

pub(crate) use tray::Tray;

use crate::db::{Db, DbError, Tx, queries};
use crate::id::{DisputeId, FamilyId, LinkId, OrderId, PaymentId, ProductId, RefundId, UserId};
use postgres_types::Json;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use tokio_postgres::Row;

/// Something that happened. Holds ids only: readers look up the rest, and find it as it is by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// An address waits to be verified by the link.
    VerificationAsked {
        link: LinkId,
    },
    /// Somebody forgot a password; the link lets them set another.
    ResetAsked {
        link: LinkId,
    },
    /// Somebody wanted to register with the address of an account that is there already.
    RegisteredAgain {
        user: UserId,
        hour: i64,
    },
    PasswordChanged {
        user: UserId,
        epoch: i32,
    },
    /// A refresh token was shown twice: the session has ended for everybody.
    SessionStolen {
        user: UserId,
        session: FamilyId,
    },
    OrderPlaced {
        order: OrderId,
    },
    OrderConfirmed {
        order: OrderId,
    },
    OrderShipped {
        order: OrderId,
    },
    OrderCancelled {
        order: OrderId,
    },
    /// A try to pay failed; told once per payment.
    PaymentFailed {
        payment: PaymentId,
    },
    RefundIssued {
        refund: RefundId,
    },
    RefundFailed {
        refund: RefundId,
    },
    /// A buyer complained at their bank, or the bank asks.
    DisputeOpened {
        dispute: DisputeId,
    },
    /// Goods of a refund are back on the shelf.
    GoodsReturned {
        refund: RefundId,
    },
    /// The `crossing`-th time that a product's stock fell to its threshold.
    StockLow {
        product: ProductId,
        crossing: i32,
    },
    /// Messages lie where only a person can help them; told once an hour.
    DeadLettersFound {
        hour: i64,
    },
}

/// An event on its way, with the version of its form.
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

impl Event {
    /// The same for the same happening, however often it is told.
    pub fn dedupe_key(self) -> String {
        match self {
            Self::VerificationAsked { link } => format!("verification_asked:{link}"),
            Self::ResetAsked { link } => format!("reset_asked:{link}"),
            Self::RegisteredAgain { user, hour } => format!("registered_again:{user}:{hour}"),
            Self::PasswordChanged { user, epoch } => format!("password_changed:{user}:{epoch}"),
            Self::SessionStolen { session, .. } => format!("session_stolen:{session}"),
            Self::OrderPlaced { order } => format!("order_placed:{order}"),
            Self::OrderConfirmed { order } => format!("order_confirmed:{order}"),
            Self::OrderShipped { order } => format!("order_shipped:{order}"),
            Self::OrderCancelled { order } => format!("order_cancelled:{order}"),
            Self::PaymentFailed { payment } => format!("payment_failed:{payment}"),
            Self::RefundIssued { refund } => format!("refund_issued:{refund}"),
            Self::RefundFailed { refund } => format!("refund_failed:{refund}"),
            Self::DisputeOpened { dispute } => format!("dispute_opened:{dispute}"),
            Self::GoodsReturned { refund } => format!("goods_returned:{refund}"),
            Self::StockLow { product, crossing } => format!("stock_low:{product}:{crossing}"),
            Self::DeadLettersFound { hour } => format!("dead_letters_found:{hour}"),
        }
    }
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

    /// A lease, not a lock. By `sent_at`, never by the highest id seen: a lower id may be committed later.
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

    /// Whatever became of its row: an event that nobody could act on is as good as unsent.
    PUT_BACK: "put an event back into the outbox" = "
        insert into outbox (topic, dedupe_key, payload, available_at)
        values ($1, $2, $3, now() + make_interval(secs => $4::int4))
        on conflict on constraint outbox_once do update
        set sent_at = null, available_at = excluded.available_at, attempts = 0";

    MARK_SENT: "mark events as sent" = "
        update outbox set sent_at = now() where id = any($1) and sent_at is null";
}

/// How long the process that wrote an event keeps it for itself.
const OWN_LEASE_SECONDS: i32 = 15;

/// In seconds; none if others send what the transaction writes.
fn own_lease(tx: &Tx<'_>) -> i32 {
    if tx.sends_itself() { OWN_LEASE_SECONDS } else { 0 }
}

/// Writes an event down in the transaction of the change it tells of.
pub(crate) async fn enqueue(tx: &Tx<'_>, event: Event) -> Result<(), DbError> {
    let (topic, message) = (Topic::Mail, Message { v: 1, event });
    let body = serde_json::to_string(&message).expect("ids and words are JSON");
    let lease = own_lease(tx);
    let row =
        tx.row(&ENQUEUE, &[&topic.name(), &event.dedupe_key(), &Json(message), &lease]).await?;
    tx.hand_over(row.map(|row| Parcel { id: row.get("id"), topic, body }));
    Ok(())
}

/// Writes many messages down at once, each under its key. One that waits under its key already stays as it is; one that
/// was sent before is sent again, and its consumer decides whether it is news.
///
/// Keys in order, so that two who write the same ones cannot lock each other out.
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
    tx.hand_over(rows.iter().map(|row| Parcel::read(topic, row)));
    Ok(())
}

/// A leased event: nobody else will send it for a while.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub id: i64,
    pub topic: Topic,
    /// What goes into the queue.
    pub body: String,
}

impl Parcel {
    fn read(topic: Topic, row: &Row) -> Self {
        let body: serde_json::Value = row.get("payload");
        Self { id: row.get("id"), topic, body: body.to_string() }
    }
}

/// Hands out what this process wrote down since it was last asked, as far as its own lease lasts.
pub fn take_written(db: &Db) -> Vec<Parcel> {
    db.tray().map(|tray| tray.take(Instant::now())).unwrap_or_default()
}

/// As [`take_written`], but less often: nothing, if the last were handed out less than a quarter of a second ago and
/// fewer than `size` have come since.
pub fn take_batch(db: &Db, size: usize) -> Vec<Parcel> {
    db.tray().map(|tray| tray.take_batch(size, Instant::now())).unwrap_or_default()
}

/// Takes up to `limit` unsent events on lease. The longer an event has failed, the longer the lease.
pub async fn lease(db: &Db, limit: u8) -> Result<Vec<Parcel>, DbError> {
    let rows = db.rows(&LEASE, &[&i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            let topic =
                Topic::from_name(row.get("topic")).ok_or(DbError::nonsense(&LEASE, "topic"))?;
            Ok(Parcel::read(topic, row))
        })
        .collect()
}

/// Ends the leases of events that the queue has taken.
pub async fn mark_sent(db: &Db, ids: &[i64]) -> Result<(), DbError> {
    db.execute(&MARK_SENT, &[&ids]).await.map(drop)
}

/// Takes an event back that its consumer cannot act on for now; it is sent anew in `seconds` or somewhat later.
pub async fn put_back(db: &Db, event: Event, seconds: i32) -> Result<(), DbError> {
    let message = Json(Message { v: 1, event });
    let key = event.dedupe_key();
    db.execute(&PUT_BACK, &[&Topic::Mail.name(), &key, &message, &seconds]).await.map(drop)
}
