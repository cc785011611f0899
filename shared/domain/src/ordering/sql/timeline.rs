//! The statement that tells an order's story out of the rows that it left behind.

use crate::db::{Db, DbError, queries};
use crate::id::OrderId;
use crate::money::{Currency, Money};
use crate::ordering::order::Viewer;
use crate::ordering::timeline::{Entry, Happening, Moment, Place};
use crate::page::Page;
use tokio_postgres::Row;

queries! {
    VIEWABLE: "see whether an order may be viewed" = "
        select 1 from orders where id = $1 and ($2::uuid is null or user_id = $2)";

    /// The places put causes before their effects where one transaction wrote both, and so at one time.
    TIMELINE: "tell an order's timeline" = "
        with entries (at, place, what, actor, amount_minor, subject, said, number, link) as (
            select created_at, '00', 'placed', user_id, null::int8, null::uuid, null, null, null
            from orders where id = $1
            union all
            select created_at, '01:' || id, 'payment_started', null, amount_minor, id, provider, status, null
            from payments where order_id = $1
            union all
            select failed_at, '01f:' || id, 'payment_failed', null, null, id, null, null, null
            from payments where order_id = $1 and failed_at is not null
            union all
            select entered_at, case kind when 'captured' then '02:' when 'refunded' then '09:' else '10:' end
                   || lpad(entry_id::text, 19, '0'), kind, null, amount_minor, null, null, null, null
            from ledger where order_id = $1 and kind in ('captured', 'refunded', 'refund_failed')
            union all
            select h.at, case h.to_status when 'confirmed' then '03' when 'shipped' then '06' else '07' end,
                   h.to_status, h.actor, null, null,
                   case h.to_status when 'shipped' then o.carrier else h.reason end,
                   case h.to_status when 'shipped' then o.tracking_number end,
                   case h.to_status when 'shipped' then o.tracking_url end
            from order_history h join orders o on o.id = h.order_id
            where h.order_id = $1 and h.to_status <> 'pending'
            union all
            select at, case what when 'edited' then '04:' else '05:' end || lpad(version::text, 19, '0'),
                   what, actor, null, null, null, null, null
            from order_changes where order_id = $1
            union all
            select r.created_at, '08:' || r.id, 'refund_requested', null, r.amount_minor, r.id, r.origin, r.status, null
            from refunds r join payments p on p.id = r.payment_id
            where p.order_id = $1
            union all
            select d.created_at, '11:' || d.id, 'dispute_opened', null, null, d.id, d.reason, d.status, null
            from disputes d join payments p on p.id = d.payment_id
            where p.order_id = $1
            union all
            select d.closed_at, '12:' || d.id, 'dispute_closed', null, null, d.id, null, d.status, null
            from disputes d join payments p on p.id = d.payment_id
            where p.order_id = $1 and d.closed_at is not null
        )
        select e.*, o.currency
        from entries e, orders o
        where o.id = $1
          and ($2 or e.what not in (
                   'payment_started', 'refund_requested', 'refund_failed', 'dispute_opened', 'dispute_closed'))
          and ($3::timestamptz is null or (e.at, e.place collate \"C\") > ($3, $4::text))
        order by e.at, e.place collate \"C\"
        limit $5";
}

pub(in crate::ordering) async fn viewable(
    db: &Db,
    viewer: Viewer,
    id: OrderId,
) -> Result<bool, DbError> {
    let owner = match viewer {
        Viewer::Staff => None,
        Viewer::Buyer(buyer) => Some(buyer),
    };
    Ok(db.row(&VIEWABLE, &[&id, &owner]).await?.is_some())
}

/// What the viewer may know of it, from the first day on.
pub(in crate::ordering) async fn timeline(
    db: &Db,
    viewer: Viewer,
    id: OrderId,
    page: &Page<Moment>,
) -> Result<Vec<Entry>, DbError> {
    let all = viewer == Viewer::Staff;
    let after = page.after.as_ref();
    let at = after.map(|moment| moment.at);
    let place = after.map(|moment| &moment.place.0);
    let rows = db.rows(&TIMELINE, &[&id, &all, &at, &place, &page.rows_wanted()]).await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<Entry, DbError> {
    let text = |column| row.get::<_, Option<String>>(column).unwrap_or_default();
    let amount = || {
        let currency = Currency::from_code(row.get("currency"));
        let currency = currency.ok_or(DbError::nonsense(&TIMELINE, "currency"))?;
        Ok::<_, DbError>(Money { minor: row.get("amount_minor"), currency })
    };
    let what = match row.get("what") {
        "placed" => Happening::Placed,
        "payment_started" => Happening::PaymentStarted {
            payment: row.get("subject"),
            provider: text("said"),
            amount: amount()?,
            status: text("number"),
        },
        "payment_failed" => Happening::PaymentFailed { payment: row.get("subject") },
        "captured" => Happening::Captured { amount: amount()? },
        "confirmed" => Happening::Confirmed { reason: row.get("said") },
        "edited" => Happening::Edited,
        "cancel_requested" => Happening::CancelRequested,
        "shipped" => Happening::Shipped {
            carrier: text("said"),
            tracking_number: row.get("number"),
            tracking_url: row.get("link"),
        },
        "cancelled" => Happening::Cancelled { reason: text("said") },
        "refund_requested" => Happening::RefundRequested {
            refund: row.get("subject"),
            origin: text("said"),
            amount: amount()?,
            status: text("number"),
        },
        "refunded" => Happening::Refunded { amount: amount()? },
        "refund_failed" => Happening::RefundFailed { amount: amount()? },
        "dispute_opened" => Happening::DisputeOpened {
            dispute: row.get("subject"),
            reason: text("said"),
            status: text("number"),
        },
        "dispute_closed" => {
            Happening::DisputeClosed { dispute: row.get("subject"), status: text("number") }
        }
        _ => return Err(DbError::nonsense(&TIMELINE, "an entry of an unknown kind")),
    };
    let place = Place(row.get("place"));
    Ok(Entry { what, at: row.get("at"), actor: row.get("actor"), place })
}
