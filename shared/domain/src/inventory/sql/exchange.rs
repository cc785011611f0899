//! The stock of an order whose lines are replaced.

use super::{ReservedLine, reserved_line};
use crate::db::{Ask, params, queries};
use crate::id::{OrderId, ProductId};

queries! {
    /// Locks the products of before and after in order of the id, as a reservation does. What the order has counts as available
    /// to it. A line that does not grow needs no product for sale. Returns the wanted products.
    EXCHANGE: "exchange an order's stock" = "
        with want as (
            select id, quantity from unnest((select $1::uuid[]), (select $2::int4[])) as want (id, quantity)
        ), held as (
            select product_id as id, quantity from order_lines where order_id = $3
        ), line as (
            select id, coalesce(want.quantity, 0) as quantity, coalesce(held.quantity, 0) as held
            from want full join held using (id)
        ), shelf as (
            select p.id, line.quantity, line.held, p.sku, p.name, p.price_minor, p.currency,
                   p.on_hand - p.reserved + line.held as available, p.category_id, p.tax_category, p.weight_grams,
                   p.requires_shipping
            from products p join line using (id)
            where p.status = 'active' or line.quantity <= line.held
            order by p.id
            for no key update of p
        ), taken as (
            update products p
            set reserved = p.reserved + shelf.quantity - shelf.held
            from shelf
            where p.id = shelf.id and shelf.quantity <> shelf.held
              and (shelf.quantity < shelf.held or p.on_hand - p.reserved >= shelf.quantity - shelf.held)
            returning p.id
        ), moved as (
            insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
            select shelf.id, 'order_edited', $4, 0, shelf.quantity - shelf.held
            from shelf join taken using (id)
        )
        select shelf.id, shelf.sku, shelf.name, shelf.price_minor, shelf.currency, shelf.available, shelf.category_id,
               shelf.tax_category, shelf.weight_grams, shelf.requires_shipping,
               taken.id is not null or shelf.quantity = shelf.held as taken
        from shelf left join taken using (id)
        where shelf.quantity > 0
        order by shelf.id";
}

/// Reserves these quantities in place of those of the order's lines, where they are available, and returns every product that
/// may be ordered. The version is that of the order as it was found. The caller must roll back unless all are reserved.
pub(crate) fn exchange(
    order: OrderId,
    version: i64,
    products: Vec<ProductId>,
    quantities: Vec<i32>,
) -> Ask<Vec<ReservedLine>> {
    let source = format!("{order}:{version}");
    let inputs = params![products, quantities, order, source];
    Ask::new(&EXCHANGE, inputs, |rows| rows.iter().map(reserved_line).collect())
}
