//! The statements behind goods that leave the stock with a parcel, and come back to it.

use crate::db::{Ask, DbError, Tx, params, queries};
use crate::id::{FulfillmentId, RefundId, ReturnId, UserId};

/// Puts the pieces of these lines that are for sale again into stock: the table, the column of what they belong to, and the
/// source of the movements.
macro_rules! put_back {
    ($lines:literal, $of:literal, $source:literal) => {
        concat!(
            "
        with shelf as (
            select p.id, line.restocked
            from products p join ",
            $lines,
            " line on line.product_id = p.id
            where line.",
            $of,
            " = $1 and line.restocked > 0
            order by p.id
            for no key update of p
        ), back as (
            update products p
            set on_hand = p.on_hand + shelf.restocked
            from shelf
            where p.id = shelf.id
            returning p.id, shelf.restocked
        )
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta, actor)
        select id, '",
            $source,
            "', $2, restocked, 0, $3 from back"
        )
    };
}

queries! {
    SHIP: "deduct the stock of parcels" = "
        with goods as (
            select fulfillment_id, product_id, quantity from fulfillment_lines where fulfillment_id = any($1)
        ), shelf as (
            select p.id, (select sum(quantity) from goods where product_id = p.id) as quantity
            from products p
            where p.id in (select product_id from goods)
            order by p.id
            for no key update of p
        ), gone as (
            update products p
            set on_hand = p.on_hand - shelf.quantity, reserved = p.reserved - shelf.quantity
            from shelf
            where p.id = shelf.id
        )
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        select product_id, 'fulfillment', 'ful_' || replace(fulfillment_id::text, '-', ''), -quantity, -quantity
        from goods";

    RESTOCK: "restock a refund's goods" = put_back!("refund_lines", "refund_id", "return");

    /// Of archived products as well: the pieces are there.
    RECEIVE: "restock the goods of a return" = put_back!("return_lines", "return_id", "received_return");
}

/// Deducts the goods of parcels, both on hand and reserved.
pub(crate) fn ship(tx: &Tx<'_>, parcels: Vec<FulfillmentId>) {
    tx.defer(Ask::write(&SHIP, params![parcels]));
}

/// Adds the returned goods of a refund to the quantity on hand. A second call for it violates `stock_moves_once`.
pub(crate) async fn restock(tx: &Tx<'_>, refund: RefundId, staff: UserId) -> Result<(), DbError> {
    tx.execute(&RESTOCK, &[&refund, &refund.to_string(), &staff]).await.map(drop)
}

/// Adds what arrived of a return, and is for sale again, to the quantity on hand. A second call for it violates
/// `stock_moves_once`.
pub(crate) fn receive(tx: &Tx<'_>, back: ReturnId, staff: UserId) {
    tx.defer(Ask::write(&RECEIVE, params![back, back.to_string(), staff]));
}
