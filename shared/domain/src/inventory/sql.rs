//! SQL statements of stock. They contain no business rules.
//!
//! Products are locked `for no key update`, as an update of their counts does: `for update` would wait for the foreign keys of
//! lines that another transaction has inserted, while that one waits for the same product.

pub(super) mod counts;
pub(super) mod exchange;
pub(super) mod goods;
pub(super) mod lists;

use super::adjustment::{Adjustment, Threshold};
use super::count::Stock;
use super::level::StockLevel;
use crate::db::{Ask, Db, DbError, Param, Tx, params, queries};
use crate::id::{AdjustmentId, CategoryId, OrderId, ProductId, UserId};
use crate::money::{Currency, Money};
use crate::pricing::{Destination, Rules, Wish};
use crate::viewer::Holder;
use postgres_types::Json;
use tokio_postgres::Row;

queries! {
    /// Locks in order of the id, so that two orders of the same products cannot deadlock: a plain
    /// `update … from unnest` locks in the order of its plan. Prices are read under the same lock. The arrays are
    /// wrapped in a `select`, which hides their length from the planner, so that it uses a generic plan. Only in a turn:
    /// it leaves before it is known whether there is one. The shop's rules are read once, and stand in the row of the first
    /// product: without that row, there is no order.
    RESERVE: "reserve stock" = "
        with want as (
            select id, quantity from unnest((select $1::uuid[]), (select $2::int4[])) as want (id, quantity)
            where current_setting('app.turn', true) = 'taken'
        ), shelf as (
            select p.id, want.quantity, p.sku, p.name, p.price_minor, p.currency, p.on_hand - p.reserved as available,
                   p.category_id, p.tax_category, p.weight_grams, p.requires_shipping
            from products p join want using (id)
            where p.status = 'active'
            order by p.id
            for no key update of p
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
        select shelf.id, shelf.sku, shelf.name, shelf.price_minor, shelf.currency, shelf.available, shelf.category_id,
               shelf.tax_category, shelf.weight_grams, shelf.requires_shipping, taken.id is not null as taken,
               case when shelf.id = ($1::uuid[])[1] then (
                   select pricing_rules($4, $5, $6, $7, (select currency from shelf limit 1),
                                        discount_buyer(coalesce((select email_norm from users where id = $8), $9)), $8)
                   from shop_pricing where has_rules)
               end as rules
        from shelf left join taken using (id)
        order by shelf.id";

    RELEASE: "release an order's stock" = "
        with shelf as (
            select p.id, line.quantity - line.removed as quantity
            from products p join order_lines line on line.product_id = p.id
            where line.order_id = $1 and line.quantity > line.removed
            order by p.id
            for no key update of p
        ), freed as (
            update products p
            set reserved = p.reserved - shelf.quantity
            from shelf
            where p.id = shelf.id
            returning p.id, shelf.quantity
        )
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        select id, 'order_cancelled', $2, 0, -quantity from freed";

    RECORD_INITIAL_STOCK: "record a product's initial stock" = "
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        values ($1, 'created', 'created', $2, 0)";

    RELEASE_PIECES: "release pieces of an order" = "
        with less as (
            select product_id, quantity from unnest($1::uuid[], $2::int4[]) as less (product_id, quantity)
        ), shelf as (
            select p.id, less.quantity
            from products p join less on less.product_id = p.id
            order by p.id
            for no key update of p
        ), freed as (
            update products p
            set reserved = p.reserved - shelf.quantity
            from shelf
            where p.id = shelf.id
            returning p.id, shelf.quantity
        )
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        select id, 'order_reduced', $3, 0, -quantity from freed";

    LOCK_STOCK: "lock a product's stock" = "
        select id, on_hand, reserved from products where sku = $1 and status <> 'archived' for no key update";

    LOCK_STOCK_OF: "lock the stock of a product by its id" = "
        select id, on_hand, reserved from products where id = $1 for no key update";

    ADJUST: "adjust a product's stock" = concat!("
        with moved as (
            insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta, reason, note, actor)
            values ($1, 'adjustment', $3, $4, 0, $5, $6, $7)
        )
        update products set on_hand = $2, updated_at = now() where id = $1
        returning ", lists::level_columns!());

    /// Says itself who acts: it is a transaction of its own.
    SET_THRESHOLD: "set a product's low-stock threshold" = concat!("
        with acting as materialized (select set_config('app.staff', $3::uuid::text, true) as staff)
        update products set low_stock_threshold = $2, updated_at = now()
        from acting
        where sku = $1 and status <> 'archived' and staff is not null
        returning ", lists::level_columns!());
}

/// The products of an order that are for sale, and the rules that price them.
#[derive(Clone, Debug)]
pub(crate) struct Reserved {
    pub(crate) lines: Vec<ReservedLine>,
    pub(crate) rules: Rules,
}

/// A product of an order, and whether the ordered quantity was reserved.
#[derive(Clone, Debug)]
pub(crate) struct ReservedLine {
    pub(crate) product: ProductId,
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) price: Money,
    pub(crate) available: i32,
    pub(crate) is_reserved: bool,
    pub(crate) category: Option<CategoryId>,
    pub(crate) tax_category: String,
    pub(crate) weight_grams: Option<i32>,
    pub(crate) requires_shipping: bool,
}

/// Reserves the quantities that are available, and returns every product that is active, if it is the request's turn, with
/// the rules for what the buyer wishes. The caller must roll back unless all are reserved.
pub(crate) fn reserve(
    order: OrderId,
    products: Vec<ProductId>,
    quantities: Vec<i32>,
    wish: &Wish,
    buyer: &Holder,
) -> Ask<Reserved> {
    let place = wish.destination.as_ref();
    let prefixes = place.map(Destination::postal_prefixes).unwrap_or_default();
    let inputs = params![
        products,
        quantities,
        order.to_string(),
        place.map(|place| place.country().code()),
        place.map_or_else(String::new, |place| place.region().to_owned()),
        prefixes.into_iter().map(str::to_owned).collect::<Vec<_>>(),
        wish.codes.as_slice().to_vec(),
        buyer.user(),
        buyer.guest().map(|email| email.normalized().to_owned()),
    ];
    Ask::new(&RESERVE, inputs, |rows| {
        let rules = rows.first().map(rules).transpose()?.flatten().unwrap_or_default();
        Ok(Reserved { lines: rows.iter().map(reserved_line).collect::<Result<_, _>>()?, rules })
    })
}

/// None in a shop without rules.
fn rules(row: &Row) -> Result<Option<Rules>, DbError> {
    let rules: Option<Json<Rules>> =
        row.try_get("rules").map_err(|_| DbError::invalid_row(&RESERVE, "rules"))?;
    Ok(rules.map(|Json(rules)| rules))
}

fn reserved_line(row: &Row) -> Result<ReservedLine, DbError> {
    let currency = Currency::from_code(row.get("currency"))
        .ok_or(DbError::invalid_row(&RESERVE, "currency"))?;
    Ok(ReservedLine {
        product: row.get("id"),
        sku: row.get("sku"),
        name: row.get("name"),
        price: Money { minor: row.get("price_minor"), currency },
        available: row.get("available"),
        is_reserved: row.get("taken"),
        category: row.get("category_id"),
        tax_category: row.get("tax_category"),
        weight_grams: row.get("weight_grams"),
        requires_shipping: row.get("requires_shipping"),
    })
}

/// Releases the reservation of an order that is not shipped.
pub(crate) fn release(tx: &Tx<'_>, order: OrderId) {
    tx.defer(Ask::write(&RELEASE, params![order, order.to_string()]));
}

/// Releases the reservation of pieces that are not shipped any more. `source` is what took them out: a second time for it
/// violates `stock_moves_once`.
pub(crate) fn release_pieces(tx: &Tx<'_>, pieces: &[(ProductId, i32)], source: &str) {
    let (products, quantities): (Vec<_>, Vec<_>) = pieces.iter().copied().unzip();
    tx.defer(Ask::write(&RELEASE_PIECES, params![products, quantities, source.to_owned()]));
}

/// Records the first movement of a new product, which was inserted with this quantity.
pub(crate) async fn record_initial_stock(
    tx: &Tx<'_>,
    product: ProductId,
    pieces: i32,
) -> Result<(), DbError> {
    tx.execute(&RECORD_INITIAL_STOCK, &[&product, &pieces]).await.map(drop)
}

/// Of the product with this SKU, or with this id.
pub(super) async fn lock_stock_of(tx: &Tx<'_>, named: &str) -> Result<Option<Stock>, DbError> {
    let Ok(product) = named.parse::<ProductId>() else { return lock_stock(tx, named).await };
    Ok(tx.row(&LOCK_STOCK_OF, &[&product]).await?.as_ref().map(stock))
}

pub(super) async fn lock_stock(tx: &Tx<'_>, sku: &str) -> Result<Option<Stock>, DbError> {
    Ok(tx.row(&LOCK_STOCK, &[&sku]).await?.as_ref().map(stock))
}

fn stock(row: &Row) -> Stock {
    Stock { product: row.get("id"), on_hand: row.get("on_hand"), reserved: row.get("reserved") }
}

/// Sets the quantity on hand and records the movement. Returns the stock afterwards.
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
    let row = row.ok_or(DbError::invalid_row(&ADJUST, "the locked product does not exist"))?;
    Ok(lists::read_level(&row))
}

pub(super) async fn set_threshold(
    db: &Db,
    staff: UserId,
    sku: &str,
    threshold: Option<Threshold>,
) -> Result<Option<StockLevel>, DbError> {
    let with: [Param<'_>; 3] = [&sku, &threshold.map(Threshold::pieces), &staff];
    let row = db.row(&SET_THRESHOLD, &with).await?;
    Ok(row.as_ref().map(lists::read_level))
}
