//! SQL statements of counts and feeds.

use super::super::count::{Count, Stock};
use super::super::feed::{FeedCount, Known};
use super::super::level::DiscrepancyReason;
use super::super::outcome::History;
use crate::db::{Db, DbError, Param, Tx, queries};
use time::OffsetDateTime;

queries! {
    /// What is known of each count of a feed, in their order.
    LOOK_UP_FEED: "look up what is known of a feed's counts" = "
        select p.id is not null as is_product,
               case when p.id is null then (
                   select min(other.sku) from products other
                   where lower(other.sku) = lower(line.sku) and other.status <> 'archived'
               ) end as similar_sku,
               known.sequence,
               greatest(
                   (select max(counted_at) from inventory_sources where product_id = p.id),
                   (select moved_at from stock_moves
                    where product_id = p.id and source = 'created' and source_id = 'created')
               ) as newest_count,
               (sent.payload ->> 'on_hand')::int8 as sent_on_hand,
               now() as now
        from unnest((select $2::text[]), (select $3::int8[])) with ordinality as line (sku, sequence, number)
        left join products p on p.sku = line.sku and p.status <> 'archived'
        left join inventory_sources known on known.product_id = p.id and known.source = $1
        left join outbox sent on sent.dedupe_key = 'count:' || $1 || ':' || line.sequence || ':' || line.sku
        order by line.number";

    /// A count was not taken after it was sent, or after it arrived, whatever the source's clock says. The outbox keeps for 30 days when that
    /// was, longer than a queue and its dead letters keep a message.
    LOOK_UP_HISTORY: "look up what happened since a count" = "
        with count as (
            select sent.at as sent_at, least($4::timestamptz, coalesce(sent.at, now())) as taken_at
            from (select (select created_at from outbox where dedupe_key = $3) as at) as sent
        ), moved as (
            select coalesce(sum(on_hand_delta), 0) as pieces, count(*) as times,
                   count(*) filter (where source = 'adjustment' and reason = 'correction') as corrections
            from stock_moves
            where product_id = $1 and on_hand_delta <> 0
              and moved_at > coalesce((select taken_at from count), 'infinity')
              and source <> 'created' and source not like 'feed:%'
        )
        select known.sequence,
               (select created_at from outbox
                where dedupe_key = 'count:' || $2 || ':' || known.sequence || ':' || $5) as newest_sent_at,
               (select max(counted_at) from inventory_sources where product_id = $1) as newest_count,
               (select moved_at from stock_moves
                where product_id = $1 and source = 'created' and source_id = 'created') as created_at,
               count.sent_at, count.taken_at, moved.pieces, moved.times, moved.corrections
        from count cross join moved
        left join inventory_sources known on known.product_id = $1 and known.source = $2";

    ADVANCE_SEQUENCE: "record the sequence number of a count" = "
        insert into inventory_sources as known (product_id, source, sequence, counted_at)
        values ($1, $2, $3, $4)
        on conflict (product_id, source) do update
        set sequence = excluded.sequence, seen_at = now(), counted_at = greatest(known.counted_at, excluded.counted_at)
        where known.sequence < excluded.sequence";

    INSERT_DISCREPANCY: "record a stock discrepancy" = "
        insert into stock_discrepancies (product_id, source, sequence, sku, counted, reserved, reason)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict do nothing";

    INSERT_UNKNOWN: "record a count of an unknown SKU" = "
        insert into stock_discrepancies (source, sequence, sku, counted, reserved, reason)
        values ($1, $2, $3, $4, 0, $5)
        on conflict do nothing";

    SET_ON_HAND: "apply a stock count" = "
        with counted as (
            update products set on_hand = $2, updated_at = now() where id = $1
        )
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        select $1, $3, $4, $5::int4, 0 where $5 <> 0";
}

/// What is known of each of the counts, in their order.
pub(in crate::inventory) async fn look_up_feed(
    tx: &Tx<'_>,
    source: &str,
    counts: &[FeedCount],
) -> Result<Vec<Known>, DbError> {
    let skus: Vec<_> = counts.iter().map(|one| one.count.sku()).collect();
    let sequences: Vec<_> = counts.iter().map(|one| one.count.sequence()).collect();
    let rows = tx.rows(&LOOK_UP_FEED, &[&source, &skus, &sequences]).await?;
    let known = rows.iter().map(|row| Known {
        is_product: row.get("is_product"),
        similar_sku: row.get("similar_sku"),
        sequence: row.get("sequence"),
        newest_count: row.get("newest_count"),
        sent_on_hand: row.get("sent_on_hand"),
        now: row.get("now"),
    });
    Ok(known.collect())
}

pub(in crate::inventory) async fn look_up_history(
    tx: &Tx<'_>,
    stock: &Stock,
    count: &Count,
) -> Result<History, DbError> {
    let by: [Param<'_>; 5] =
        [&stock.product, &count.source(), &count.outbox_key(), &count.counted_at(), &count.sku()];
    let row = tx.row(&LOOK_UP_HISTORY, &by).await?;
    let row = row.ok_or(DbError::invalid_row(&LOOK_UP_HISTORY, "it has one row"))?;
    Ok(History {
        newest_sequence: row.get("sequence"),
        newest_sent_at: row.get("newest_sent_at"),
        newest_count: row.get("newest_count"),
        created_at: row.get("created_at"),
        sent_at: row.get("sent_at"),
        taken_at: row.get("taken_at"),
        moved: row.get("pieces"),
        moves: row.get("times"),
        corrections: row.get("corrections"),
    })
}

/// Records that the count was seen, and when it was taken if it was applied.
pub(in crate::inventory) async fn advance_sequence(
    tx: &Tx<'_>,
    stock: &Stock,
    count: &Count,
    taken_at: Option<OffsetDateTime>,
) -> Result<(), DbError> {
    let row: [Param<'_>; 4] = [&stock.product, &count.source(), &count.sequence(), &taken_at];
    tx.execute(&ADVANCE_SEQUENCE, &row).await.map(drop)
}

pub(in crate::inventory) async fn insert_discrepancy(
    tx: &Tx<'_>,
    stock: &Stock,
    count: &Count,
    reason: DiscrepancyReason,
) -> Result<(), DbError> {
    let row: [Param<'_>; 7] = [
        &stock.product,
        &count.source(),
        &count.sequence(),
        &count.sku(),
        &count.on_hand(),
        &stock.reserved,
        &reason.name(),
    ];
    tx.execute(&INSERT_DISCREPANCY, &row).await.map(drop)
}

/// Whether this is the first time that the count finds no product.
pub(in crate::inventory) async fn insert_unknown(db: &Db, count: &Count) -> Result<bool, DbError> {
    let row: [Param<'_>; 5] = [
        &count.source(),
        &count.sequence(),
        &count.sku(),
        &count.on_hand(),
        &DiscrepancyReason::UnknownSku.name(),
    ];
    Ok(db.execute(&INSERT_UNKNOWN, &row).await? == 1)
}

pub(in crate::inventory) async fn set_on_hand(
    tx: &Tx<'_>,
    stock: &Stock,
    count: &Count,
    on_hand: i32,
) -> Result<(), DbError> {
    let delta = on_hand - stock.on_hand;
    let source = format!("feed:{}", count.source());
    let source_id = count.sequence().to_string();
    let row: [Param<'_>; 5] = [&stock.product, &on_hand, &source, &source_id, &delta];
    tx.execute(&SET_ON_HAND, &row).await.map(drop)
}
