//! The statements behind stock. They decide nothing.

pub(super) mod lists;

use super::adjustment::{Adjustment, Threshold};
use super::count::{Count, Counted, Stock};
use super::level::StockLevel;
use crate::db::{Db, DbError, Param, Tx, queries};
use crate::id::{AdjustmentId, OrderId, ProductId, RefundId, UserId};
use crate::money::{Currency, Money};

queries! {
    /// Locks in id order, so that two baskets with the same products cannot deadlock: a plain
    /// `update … from unnest` locks in the order of its plan. Prices are read under the same lock. Behind a `select`
    /// the planner does not count the arrays, so that it plans once and not for each basket anew.
    RESERVE: "reserve stock" = "
        with want as (
            select id, quantity from unnest((select $1::uuid[]), (select $2::int4[])) as want (id, quantity)
        ), shelf as (
            select p.id, want.quantity, p.sku, p.name, p.price_minor, p.currency, p.on_hand - p.reserved as available
            from products p join want using (id)
            where p.status = 'active'
            order by p.id
            for update of p
        ), taken as (
            update products p
            set reserved = p.reserved + shelf.quantity
            from shelf
            where p.id = shelf.id and p.on_hand - p.reserved >= shelf.quantity
            returning p.id
        ), moved as (
            insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
            select shelf.id, 'order_placed', $3, 0, shelf.quantity
            from shelf join taken using (id)
        )
        select shelf.id, shelf.sku, shelf.name, shelf.price_minor, shelf.currency, shelf.available,
               taken.id is not null as taken
        from shelf left join taken using (id)
        order by shelf.id";

    RELEASE: "release an order's stock" = "
        with shelf as (
            select p.id, line.quantity
            from products p join order_lines line on line.product_id = p.id
            where line.order_id = $1
            order by p.id
            for update of p
        ), freed as (
            update products p
            set reserved = p.reserved - shelf.quantity
            from shelf
            where p.id = shelf.id
            returning p.id, shelf.quantity
        )
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        select id, 'order_cancelled', $2, 0, -quantity from freed";

    RECORD_FIRST: "record a product's first stock" = "
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        values ($1, 'created', 'created', $2, 0)";

    SHIP: "take an order's goods off the shelf" = "
        with shelf as (
            select p.id, line.quantity
            from products p join order_lines line on line.product_id = p.id
            where line.order_id = $1
            order by p.id
            for update of p
        ), gone as (
            update products p
            set on_hand = p.on_hand - shelf.quantity, reserved = p.reserved - shelf.quantity
            from shelf
            where p.id = shelf.id
            returning p.id, shelf.quantity
        )
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        select id, 'order_shipped', $2, -quantity, -quantity from gone";

    TAKE_BACK: "put a refund's goods back on the shelf" = "
        with shelf as (
            select p.id, line.restocked
            from products p join refund_lines line on line.product_id = p.id
            where line.refund_id = $1 and line.restocked > 0
            order by p.id
            for update of p
        ), back as (
            update products p
            set on_hand = p.on_hand + shelf.restocked
            from shelf
            where p.id = shelf.id
            returning p.id, shelf.restocked
        )
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta, actor)
        select id, 'return', $2, restocked, 0, $3 from back";

    LOCK_STOCK: "look up a product's stock" = "
        select id, on_hand, reserved from products where sku = $1 and status <> 'archived' for update";

    NOTE_SEQUENCE: "note a feed's sequence" = "
        insert into inventory_sources as known (product_id, source, sequence)
        values ($1, $2, $3)
        on conflict (product_id, source) do update
        set sequence = excluded.sequence, seen_at = now()
        where known.sequence < excluded.sequence";

    NOTE_DISCREPANCY: "note a discrepancy" = "
        insert into stock_discrepancies (product_id, source, sequence, counted, reserved)
        values ($1, $2, $3, $4, $5)";

    SET_ON_HAND: "take a count over" = "
        with counted as (
            update products set on_hand = $2, updated_at = now() where id = $1
        )
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        select $1, $3, $4, $5::int4, 0 where $5 <> 0";

    ADJUST: "adjust a product's stock" = concat!("
        with moved as (
            insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta, reason, note, actor)
            values ($1, 'adjustment', $3, $4, 0, $5, $6, $7)
        )
        update products set on_hand = $2, updated_at = now() where id = $1
        returning ", lists::level_columns!());

    SET_THRESHOLD: "set a product's threshold" = concat!("
        update products set low_stock_threshold = $2, updated_at = now()
        where sku = $1 and status <> 'archived'
        returning ", lists::level_columns!());
}

/// A product as it stands on the shelf, and whether the wanted pieces were taken.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    pub(crate) product: ProductId,
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) price: Money,
    pub(crate) available: i32,
    pub(crate) taken: bool,
}

/// Reserves what can be had, and tells of every product that is for sale.
/// The caller rolls back unless all was taken.
pub(crate) async fn reserve(
    tx: &Tx<'_>,
    order: OrderId,
    products: &[ProductId],
    quantities: &[i32],
) -> Result<Vec<Shelf>, DbError> {
    let rows = tx.rows(&RESERVE, &[&products, &quantities, &order.to_string()]).await?;
    rows.iter()
        .map(|row| {
            let currency = Currency::from_code(row.get("currency"))
                .ok_or(DbError::nonsense(&RESERVE, "currency"))?;
            Ok(Shelf {
                product: row.get("id"),
                sku: row.get("sku"),
                name: row.get("name"),
                price: Money { minor: row.get("price_minor"), currency },
                available: row.get("available"),
                taken: row.get("taken"),
            })
        })
        .collect()
}

pub(crate) async fn release(tx: &Tx<'_>, order: OrderId) -> Result<(), DbError> {
    tx.execute(&RELEASE, &[&order, &order.to_string()]).await.map(drop)
}

/// The goods leave the shop, and the promise is kept.
pub(crate) async fn ship(tx: &Tx<'_>, order: OrderId) -> Result<(), DbError> {
    tx.execute(&SHIP, &[&order, &order.to_string()]).await.map(drop)
}

/// What a refund brings back lies on the shelf again. Once per refund: a second time meets `stock_moves_once`.
pub(crate) async fn take_back(tx: &Tx<'_>, refund: RefundId, staff: UserId) -> Result<(), DbError> {
    tx.execute(&TAKE_BACK, &[&refund, &refund.to_string(), &staff]).await.map(drop)
}

/// The first move of a new product, which was inserted with this count.
pub(crate) async fn record_first(
    tx: &Tx<'_>,
    product: ProductId,
    pieces: i32,
) -> Result<(), DbError> {
    tx.execute(&RECORD_FIRST, &[&product, &pieces]).await.map(drop)
}

pub(super) async fn lock_stock(tx: &Tx<'_>, sku: &str) -> Result<Option<Stock>, DbError> {
    let row = tx.row(&LOCK_STOCK, &[&sku]).await?;
    Ok(row.map(|row| Stock {
        product: row.get("id"),
        on_hand: row.get("on_hand"),
        reserved: row.get("reserved"),
    }))
}

pub(super) async fn is_news(tx: &Tx<'_>, stock: &Stock, count: &Count) -> Result<bool, DbError> {
    let noted =
        tx.execute(&NOTE_SEQUENCE, &[&stock.product, &count.source(), &count.sequence()]).await?;
    Ok(noted == 1)
}

pub(super) async fn note_discrepancy(
    tx: &Tx<'_>,
    stock: &Stock,
    count: &Count,
) -> Result<(), DbError> {
    let Stock { product, reserved, .. } = stock;
    let row: [Param<'_>; 5] =
        [product, &count.source(), &count.sequence(), &count.on_hand(), reserved];
    tx.execute(&NOTE_DISCREPANCY, &row).await.map(drop)
}

pub(super) async fn set_on_hand(
    tx: &Tx<'_>,
    stock: &Stock,
    count: &Count,
    counted: Counted,
) -> Result<(), DbError> {
    let (Counted::Taken { on_hand } | Counted::Short { on_hand }) = counted else { return Ok(()) };
    let delta = on_hand - stock.on_hand;
    let source = format!("feed:{}", count.source());
    let source_id = count.sequence().to_string();
    tx.execute(&SET_ON_HAND, &[&stock.product, &on_hand, &source, &source_id, &delta])
        .await
        .map(drop)
}

/// The product's level afterwards.
pub(super) async fn adjust(
    tx: &Tx<'_>,
    stock: &Stock,
    on_hand: i32,
    id: AdjustmentId,
    who: UserId,
    adjustment: &Adjustment,
) -> Result<StockLevel, DbError> {
    let row: [Param<'_>; 7] = [
        &stock.product,
        &on_hand,
        &id.to_string(),
        &adjustment.delta(),
        &adjustment.reason().name(),
        &adjustment.note(),
        &who,
    ];
    let row = tx.row(&ADJUST, &row).await?;
    Ok(lists::read_level(&row.ok_or(DbError::nonsense(&ADJUST, "a locked product is gone"))?))
}

pub(super) async fn set_threshold(
    db: &Db,
    sku: &str,
    threshold: Option<Threshold>,
) -> Result<Option<StockLevel>, DbError> {
    let row = db.row(&SET_THRESHOLD, &[&sku, &threshold.map(Threshold::pieces)]).await?;
    Ok(row.as_ref().map(lists::read_level))
}
