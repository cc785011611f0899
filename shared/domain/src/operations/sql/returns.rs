//! Invariants of returns.

use super::checks::Invariant;
use crate::db::queries;

pub(in crate::operations) const OF_RETURNS: &[Invariant] = &[
    (
        "I21",
        "the pieces of an order's line that are in returns are those of its returns",
        &IN_RETURNS,
    ),
    (
        "I21",
        "each piece of a return that is for sale again came into stock once, and no other; all arrived with their return",
        &ARRIVED,
    ),
    (
        "I21",
        "no more pieces of a line came back, with returns and with refunds, than were shipped",
        &CAME_BACK,
    ),
];

queries! {
    IN_RETURNS: "check the pieces in returns" = "
        with said as (
            select t.order_id, l.product_id, sum(coalesce(l.received, l.quantity)) as pieces
            from returns t join return_lines l on l.return_id = t.id
            where t.status in ('requested', 'approved', 'received')
            group by t.order_id, l.product_id
            having sum(coalesce(l.received, l.quantity)) > 0
        )
        select jsonb_build_object(
            'order', 'ord_' || replace(order_id::text, '-', ''), 'product', 'prod_' || replace(product_id::text, '-', ''),
            'in_returns', l.in_returns, 'of_returns', coalesce(said.pieces, 0)) as found
        from (select order_id, product_id, in_returns from order_lines where in_returns > 0) l
        full join said using (order_id, product_id)
        where l.in_returns is distinct from said.pieces
        order by order_id, product_id
        limit 100";

    ARRIVED: "check the stock of returns" = "
        with said as (
            select 'ret_' || replace(return_id::text, '-', '') as goods, product_id, restocked
            from return_lines
            where restocked > 0
        ), moved as (
            select source_id as goods, product_id, on_hand_delta from stock_moves where source = 'received_return'
        )
        select jsonb_build_object(
            'return', goods, 'product', 'prod_' || replace(product_id::text, '-', ''),
            'restocked', said.restocked, 'moved', moved.on_hand_delta) as found
        from said full join moved using (goods, product_id)
        where said.restocked is distinct from moved.on_hand_delta
        union all
        select jsonb_build_object(
            'return', 'ret_' || replace(t.id::text, '-', ''), 'status', t.status,
            'product', 'prod_' || replace(l.product_id::text, '-', ''), 'received', l.received)
        from returns t join return_lines l on l.return_id = t.id
        where (t.status = 'received') <> (l.received is not null)
        limit 100";

    CAME_BACK: "check what came back" = "
        select jsonb_build_object(
            'order', 'ord_' || replace(l.order_id::text, '-', ''), 'product', 'prod_' || replace(l.product_id::text, '-', ''),
            'in_returns', l.in_returns, 'restocked', back.restocked) as found
        from order_lines l join orders o on o.id = l.order_id
        cross join lateral (
            select coalesce(sum(rl.restocked), 0) as restocked
            from payments p join refunds r on r.payment_id = p.id join refund_lines rl on rl.refund_id = r.id
            where p.order_id = l.order_id and rl.product_id = l.product_id
        ) back
        where l.in_returns > 0
          and l.in_returns + back.restocked > case o.status when 'shipped' then l.quantity - l.removed else l.shipped end
        order by l.order_id, l.product_id
        limit 100";
}
