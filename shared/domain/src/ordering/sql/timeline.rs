//! The statement that builds an order's timeline from the rows of all tables that mention it.

use crate::db::{Db, DbError, queries};
use crate::id::OrderId;
use crate::money::{Currency, Money};
use crate::ordering::timeline::{SortKey, TimelineEntry, TimelineEvent, TimelinePosition};
use crate::page::PageRequest;
use crate::viewer::Viewer;
use tokio_postgres::Row;

queries! {
    VIEWABLE: "check whether an order may be viewed" = "
        select 1 from orders
        where id = $1 and ($2::uuid is null or user_id = $2) and ($3::uuid is null or id = $3 and user_id is null)";

    /// `place` sorts causes before their effects where one transaction wrote both, and so at the same time.
    TIMELINE: "list an order's timeline" = "
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
            select entered_at,
                   case replace(kind, 'surplus_', '') when 'captured' then '02:' when 'refunded' then '09:' else '10:' end
                   || lpad(entry_id::text, 19, '0'), replace(kind, 'surplus_', ''),
                   case when kind in ('refund_failed', 'surplus_refund_failed')
                        then (select given_up_by from refunds where provider_refund = split_part(source_id, '#', 1)) end,
                   amount_minor, null, null, null, null
            from ledger
            where order_id = $1 and kind in ('captured', 'refunded', 'refund_failed',
                                             'surplus_captured', 'surplus_refunded', 'surplus_refund_failed')
            union all
            select h.at, case h.to_status when 'confirmed' then '03' when 'shipped' then '06d' else '07' end,
                   h.to_status, h.actor, null, null,
                   case h.to_status when 'shipped' then o.carrier else h.reason end,
                   case h.to_status when 'shipped' then o.tracking_number end,
                   case h.to_status when 'shipped' then o.tracking_url end
            from order_history h join orders o on o.id = h.order_id
            where h.order_id = $1 and h.to_status <> 'pending'
            union all
            select created_at, '06a:' || id, 'fulfillment_packed', created_by, null, id, null, null, null
            from fulfillments where order_id = $1 and shipped_at is distinct from created_at
            union all
            select shipped_at, '06b:' || id, 'fulfillment_shipped', shipped_by, null, id, carrier, tracking_number, tracking_url
            from fulfillments where order_id = $1 and shipped_at is not null
            union all
            select cancelled_at, '06c:' || id, 'fulfillment_cancelled', cancelled_by, null, id, null, null, null
            from fulfillments where order_id = $1 and cancelled_at is not null
            union all
            select created_at, '06e:' || id, 'commented', created_by, null, id, text, null, null
            from order_comments where order_id = $1
            union all
            select requested_at, '06f:' || id, 'return_requested', requested_by, null, id, note, null, null
            from returns where order_id = $1
            union all
            select decided_at, '06g:' || id, case status when 'rejected' then 'return_rejected' else 'return_approved' end,
                   decided_by, null, id, coalesce(reason, instructions), null, null
            from returns where order_id = $1 and decided_at is not null
            union all
            select received_at, '06h:' || id, 'return_received', received_by, null, id, null, null, null
            from returns where order_id = $1 and received_at is not null
            union all
            select cancelled_at, '06i:' || id, 'return_cancelled', cancelled_by, null, id, null, null, null
            from returns where order_id = $1 and cancelled_at is not null
            union all
            select at, case what when 'edited' then '04:' else '05:' end || lpad(version::text, 19, '0'),
                   what, actor, null, null, null, null, null
            from order_changes where order_id = $1
            union all
            select at, '04l:' || lpad(version::text, 19, '0'), 'lines_edited', actor, total_minor, null,
                   total_before_minor::text, null, null
            from order_edits where order_id = $1
            union all
            select r.created_at, '08:' || r.id, 'refund_requested', r.requested_by, r.amount_minor, r.id, r.origin, r.status, null
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
            union all
            select w.opened_at, '13:' || w.id,
                   case w.kind when 'review' then 'review_opened' else 'fraud_warning_opened' end,
                   null, null, w.id, w.reason, null, null
            from fraud_warnings w join payments p on p.id = w.payment_id
            where p.order_id = $1
            union all
            select w.closed_at, '14:' || w.id,
                   case w.kind when 'review' then 'review_closed' else 'fraud_warning_closed' end,
                   w.closed_by, null, w.id, null, null, null
            from fraud_warnings w join payments p on p.id = w.payment_id
            where p.order_id = $1 and w.closed_at is not null
        )
        select e.*, o.currency
        from entries e, orders o
        where o.id = $1
          and ($2 or e.what not in (
                   'payment_started', 'commented', 'fulfillment_packed', 'fulfillment_cancelled', 'refund_requested', 'refund_failed', 'dispute_opened', 'dispute_closed',
                   'fraud_warning_opened', 'fraud_warning_closed', 'review_opened', 'review_closed'))
          and ($3::timestamptz is null or (e.at, e.place collate \"C\") > ($3, $4::text))
        order by e.at, e.place collate \"C\"
        limit $5";
}

pub(in crate::ordering) async fn viewable(
    db: &Db,
    viewer: Viewer,
    id: OrderId,
) -> Result<bool, DbError> {
    Ok(db.row(&VIEWABLE, &[&id, &viewer.owner(), &viewer.guest_order()]).await?.is_some())
}

/// The entries that the viewer may see, the oldest first.
pub(in crate::ordering) async fn timeline(
    db: &Db,
    viewer: Viewer,
    id: OrderId,
    page: &PageRequest<TimelinePosition>,
) -> Result<Vec<TimelineEntry>, DbError> {
    let all = viewer == Viewer::Staff;
    let after = page.after.as_ref();
    let at = after.map(|position| position.at);
    let sort_key = after.map(|position| &position.sort_key.0);
    let rows = db.rows(&TIMELINE, &[&id, &all, &at, &sort_key, &page.fetch_limit()]).await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<TimelineEntry, DbError> {
    let text = |column| row.get::<_, Option<String>>(column).unwrap_or_default();
    let amount = || {
        let currency = Currency::from_code(row.get("currency"));
        let currency = currency.ok_or(DbError::invalid_row(&TIMELINE, "currency"))?;
        Ok::<_, DbError>(Money { minor: row.get("amount_minor"), currency })
    };
    let what = match row.get("what") {
        "placed" => TimelineEvent::Placed,
        "payment_started" => TimelineEvent::PaymentStarted {
            payment: row.get("subject"),
            provider: text("said"),
            amount: amount()?,
            status: text("number"),
        },
        "payment_failed" => TimelineEvent::PaymentFailed { payment: row.get("subject") },
        "captured" => TimelineEvent::Captured { amount: amount()? },
        "confirmed" => TimelineEvent::Confirmed { reason: row.get("said") },
        "edited" => TimelineEvent::Edited,
        "lines_edited" => {
            let (total, before) = (amount()?, text("said").parse());
            let minor =
                before.map_err(|_| DbError::invalid_row(&TIMELINE, "the total before an edit"))?;
            TimelineEvent::LinesEdited { total_before: Money { minor, ..total }, total }
        }
        "commented" => {
            TimelineEvent::Commented { comment: row.get("subject"), text: row.get("said") }
        }
        "cancel_requested" => TimelineEvent::CancelRequested,
        "fulfillment_packed" => {
            TimelineEvent::FulfillmentPacked { fulfillment: row.get("subject") }
        }
        "fulfillment_shipped" => TimelineEvent::FulfillmentShipped {
            fulfillment: row.get("subject"),
            carrier: text("said"),
            tracking_number: row.get("number"),
            tracking_url: row.get("link"),
        },
        "fulfillment_cancelled" => {
            TimelineEvent::FulfillmentCancelled { fulfillment: row.get("subject") }
        }
        "shipped" => TimelineEvent::Shipped {
            carrier: text("said"),
            tracking_number: row.get("number"),
            tracking_url: row.get("link"),
        },
        "cancelled" => TimelineEvent::Cancelled { reason: text("said") },
        "return_requested" => {
            TimelineEvent::ReturnRequested { id: row.get("subject"), note: row.get("said") }
        }
        "return_approved" => {
            TimelineEvent::ReturnApproved { id: row.get("subject"), instructions: row.get("said") }
        }
        "return_rejected" => {
            TimelineEvent::ReturnRejected { id: row.get("subject"), reason: row.get("said") }
        }
        "return_received" => TimelineEvent::ReturnReceived { id: row.get("subject") },
        "return_cancelled" => TimelineEvent::ReturnCancelled { id: row.get("subject") },
        "refund_requested" => TimelineEvent::RefundRequested {
            refund: row.get("subject"),
            origin: text("said"),
            amount: amount()?,
            status: text("number"),
        },
        "refunded" => TimelineEvent::Refunded { amount: amount()? },
        "refund_failed" => TimelineEvent::RefundFailed { amount: amount()? },
        "dispute_opened" => TimelineEvent::DisputeOpened {
            dispute: row.get("subject"),
            reason: text("said"),
            status: text("number"),
        },
        "dispute_closed" => {
            TimelineEvent::DisputeClosed { dispute: row.get("subject"), status: text("number") }
        }
        "fraud_warning_opened" => {
            TimelineEvent::FraudWarningOpened { warning: row.get("subject"), reason: text("said") }
        }
        "fraud_warning_closed" => TimelineEvent::FraudWarningClosed { warning: row.get("subject") },
        "review_opened" => {
            TimelineEvent::ReviewOpened { warning: row.get("subject"), reason: text("said") }
        }
        "review_closed" => TimelineEvent::ReviewClosed { warning: row.get("subject") },
        _ => return Err(DbError::invalid_row(&TIMELINE, "an entry of an unknown kind")),
    };
    let sort_key = SortKey(row.get("place"));
    Ok(TimelineEntry { what, at: row.get("at"), actor: row.get("actor"), sort_key })
}
