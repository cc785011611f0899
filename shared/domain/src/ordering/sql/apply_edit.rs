//! The statements that replace the lines of an order.

use super::insert::{column, insert_taxes};
use crate::db::{Ask, Tx, params, queries};
use crate::id::OrderId;
use crate::money::Money;
use crate::ordering::order::{Order, Totals};
use crate::pricing::BilledShipping;

queries! {
    BUYER_IS_PROVEN: "look up whether an order's buyer has proven the address" = "
        select coalesce((select u.email_verified_at is not null from users u where u.id = o.user_id),
                        (select g.proven_at is not null from order_guests g where g.order_id = o.id), false) as is_proven
        from orders o
        where o.id = $1";

    /// Who acts in the transaction has edited it.
    RECORD_EDIT: "record an edit of an order" = "
        insert into order_edits (order_id, version, total_before_minor, total_minor, actor)
        values ($1, $2, $3, $4, acting_user())";

    TAKE_OUT: "take the lines out of an order" = "select take_out_lines($1)";

    APPLY_EDIT: "replace an order's lines" = "
        with edited as (
            update orders
            set subtotal_minor = $2, discount_minor = $3, shipping_minor = $4, tax_minor = $5, tax_included_minor = $6,
                total_minor = $7, shipping_method_id = $8, shipping_name = $9, shipping_carrier = $10,
                shipping_discount_minor = $11, shipping_tax_minor = $12, shipping_tax_included_minor = $13,
                deliver_from = $14, deliver_until = $15, weight_grams = $16
            where id = $1
            returning id, currency
        )
        insert into order_lines (order_id, currency, product_id, sku, name, quantity, unit_minor, discount_minor,
                                 tax_minor, tax_included_minor, tax_category, tax_rate_ppm)
        select edited.id, edited.currency, line.*
        from edited, unnest($17::uuid[], $18::text[], $19::text[], $20::int4[], $21::int8[], $22::int8[], $23::int8[],
                            $24::int8[], $25::text[], $26::int4[]) as line";
}

/// Whether the buyer of an order has proven that the address is theirs.
pub(crate) fn buyer_is_proven(order: OrderId) -> Ask<bool> {
    Ask::new(&BUYER_IS_PROVEN, params![order], |rows| {
        Ok(rows.first().is_some_and(|row| row.get("is_proven")))
    })
}

/// Records the edit of an order, and replaces its lines and taxes by those of `edited`. The caller holds the order's lock, and
/// nothing can still be captured for it.
pub(crate) fn apply_edit(tx: &Tx<'_>, before: &Order, edited: &Order) {
    let Order { id, lines, totals, shipping, taxes, .. } = edited;
    let Totals { subtotal, discount, shipping: shipping_price, tax, tax_included, total } = totals;
    let row = params![*id, before.version, before.totals.total.minor, total.minor];
    tx.defer(Ask::write(&RECORD_EDIT, row));
    tx.defer(Ask::write(&TAKE_OUT, params![*id]));
    let shipping = shipping.as_ref();
    let minor = |part: fn(&BilledShipping) -> Money| shipping.map_or(0, |by| part(by).minor);
    #[rustfmt::skip]
    let row = params![
        *id, subtotal.minor, discount.minor, shipping_price.minor, tax.minor, tax_included.minor, total.minor,
        shipping.map(|by| by.method), shipping.map(|by| by.name.clone()), shipping.and_then(|by| by.carrier.clone()),
        minor(|by| by.discount), minor(|by| by.tax), minor(|by| by.tax_included), shipping.and_then(|by| by.earliest),
        shipping.and_then(|by| by.latest), shipping.and_then(|by| by.weight_grams),
        column!(lines, |line| line.product), column!(lines, |line| line.sku.clone()),
        column!(lines, |line| line.name.clone()), column!(lines, |line| line.quantity),
        column!(lines, |line| line.unit_price.minor), column!(lines, |line| line.discount.minor),
        column!(lines, |line| line.tax.minor), column!(lines, |line| line.tax_included.minor),
        column!(lines, |line| line.tax_category.clone()), column!(lines, |line| line.tax_rate_ppm),
    ];
    tx.defer(Ask::write(&APPLY_EDIT, row));
    if !taxes.is_empty() {
        insert_taxes(tx, *id, taxes);
    }
}
