//! Invariants of the parcels of orders.

use super::checks::Invariant;
use crate::db::queries;

pub(in crate::operations) const OF_PARCELS: &[Invariant] = &[
    (
        "I20",
        "the pieces of an order's line that are in parcels, and those that were handed over, are those of its parcels",
        &PACKED,
    ),
    ("I20", "each parcel that was handed over has left the stock once, and no other", &SHIPPED),
];

queries! {
    PACKED: "check the pieces in parcels" = "
        with packed as (
            select f.order_id, l.product_id, sum(l.quantity) as fulfilled,
                   coalesce(sum(l.quantity) filter (where f.status = 'shipped'), 0) as shipped
            from fulfillments f join fulfillment_lines l on l.fulfillment_id = f.id
            where f.status <> 'cancelled'
            group by f.order_id, l.product_id
        )
        select jsonb_build_object(
            'order', 'ord_' || replace(order_id::text, '-', ''), 'product', 'prod_' || replace(product_id::text, '-', ''),
            'fulfilled', l.fulfilled, 'in_parcels', coalesce(p.fulfilled, 0),
            'shipped', l.shipped, 'handed_over', coalesce(p.shipped, 0)) as found
        from (select order_id, product_id, fulfilled, shipped from order_lines where fulfilled > 0) l
        full join packed p using (order_id, product_id)
        where l.fulfilled is distinct from p.fulfilled or l.shipped is distinct from p.shipped
        order by order_id, product_id
        limit 100";

    SHIPPED: "check the stock of parcels" = "
        with gone as (
            select 'ful_' || replace(f.id::text, '-', '') as parcel, l.product_id, l.quantity
            from fulfillments f join fulfillment_lines l on l.fulfillment_id = f.id
            where f.status = 'shipped'
        ), moved as (
            select source_id as parcel, product_id, -on_hand_delta as quantity from stock_moves where source = 'fulfillment'
        )
        select jsonb_build_object(
            'fulfillment', parcel, 'product', 'prod_' || replace(product_id::text, '-', ''),
            'pieces', gone.quantity, 'moved', moved.quantity) as found
        from gone full join moved using (parcel, product_id)
        where gone.quantity is distinct from moved.quantity
        order by parcel
        limit 100";
}
