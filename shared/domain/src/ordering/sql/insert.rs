//! The statements that insert an order.

use super::address::columns;
use crate::db::{Ask, Tx, params, queries};
use crate::id::OrderId;
use crate::money::Money;
use crate::ordering::number::Placement;
use crate::ordering::order::{Order, Totals};
use crate::ordering::priced_order::PricedOrder;
use crate::pricing::{BilledShipping, OrderTax};

queries! {
    INSERT: "insert an order and its lines" = "
        with placed as (
            insert into orders (id, user_id, status, currency, subtotal_minor, discount_minor, shipping_minor,
                                tax_minor, tax_included_minor, total_minor, expires_at, note, ship_to_name,
                                ship_to_company, ship_to_line1, ship_to_line2, ship_to_postal_code, ship_to_city,
                                ship_to_region, ship_to_country, ship_to_phone, shipping_method_id, shipping_name,
                                shipping_carrier, shipping_discount_minor, shipping_tax_minor,
                                shipping_tax_included_minor, deliver_from, deliver_until, weight_grams, number)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                    $23, $24, $25, $26, $27, $28, $29, $30, $41)
            returning id, currency
        )
        insert into order_lines (order_id, currency, product_id, sku, name, quantity, unit_minor, discount_minor,
                                 tax_minor, tax_included_minor, tax_category, tax_rate_ppm)
        select placed.id, placed.currency, line.*
        from placed, unnest($31::uuid[], $32::text[], $33::text[], $34::int4[], $35::int8[], $36::int8[], $37::int8[],
                            $38::int8[], $39::text[], $40::int4[]) as line";

    INSERT_TAXES: "insert an order's taxes" = "
        insert into order_taxes (order_id, country, region, component, label, rate_ppm, base_minor, tax_minor, included)
        select $1, tax.*
        from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::int4[], $7::int8[], $8::int8[], $9::bool[]) as tax";
}

/// One column of all rows.
macro_rules! column {
    ($rows:expr, $read:expr) => {
        $rows.iter().map($read).collect::<Vec<_>>()
    };
}

pub(super) use column;

/// Inserts an order. One without tax costs no statement more. If another order has its number, the transaction runs again and
/// draws another one.
pub(crate) fn insert(tx: &Tx<'_>, order: PricedOrder, placement: Placement) -> Order {
    let order = order.placed(placement);
    let Order { id, holder, status, lines, totals, shipping, expires_at, address, note, .. } =
        order.clone();
    let Totals { subtotal, discount, shipping: shipping_price, tax, tax_included, total } = totals;
    let note = note.map(|note| note.text().to_owned());
    let [name, company, line1, line2, postal_code, city, region, country, phone] =
        columns(address.as_ref());
    let shipping = shipping.as_ref();
    let minor = |part: fn(&BilledShipping) -> Money| shipping.map_or(0, |by| part(by).minor);
    #[rustfmt::skip]
    let row = params![
        id, holder.user(), status.name(), total.currency.code(), subtotal.minor, discount.minor, shipping_price.minor, tax.minor,
        tax_included.minor, total.minor, expires_at, note, name, company, line1, line2, postal_code, city, region, country,
        phone, shipping.map(|by| by.method), shipping.map(|by| by.name.clone()), shipping.and_then(|by| by.carrier.clone()), 
        minor(|by| by.discount), minor(|by| by.tax), minor(|by| by.tax_included), shipping.and_then(|by| by.earliest),
        shipping.and_then(|by| by.latest), shipping.and_then(|by| by.weight_grams),
        column!(lines, |line| line.product), column!(lines, |line| line.sku.clone()),
        column!(lines, |line| line.name.clone()), column!(lines, |line| line.quantity),
        column!(lines, |line| line.unit_price.minor), column!(lines, |line| line.discount.minor),
        column!(lines, |line| line.tax.minor), column!(lines, |line| line.tax_included.minor),
        column!(lines, |line| line.tax_category.clone()), column!(lines, |line| line.tax_rate_ppm),
        order.number.map(|number| number.stored().to_owned()),
    ];
    tx.defer(Ask::write(&INSERT, row));
    if !order.taxes.is_empty() {
        insert_taxes(tx, id, &order.taxes);
    }
    order
}

pub(super) fn insert_taxes(tx: &Tx<'_>, order: OrderId, taxes: &[OrderTax]) {
    let row = params![
        order,
        column!(taxes, |tax| tax.country.code()),
        column!(taxes, |tax| tax.region.clone()),
        column!(taxes, |tax| tax.component.clone()),
        column!(taxes, |tax| tax.label.clone()),
        column!(taxes, |tax| tax.rate_ppm),
        column!(taxes, |tax| tax.base.minor),
        column!(taxes, |tax| tax.amount.minor),
        column!(taxes, |tax| tax.is_included),
    ];
    tx.defer(Ask::write(&INSERT_TAXES, row));
}
