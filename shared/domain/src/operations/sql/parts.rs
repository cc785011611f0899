//! Invariants of what orders and refunds are made of.

use super::checks::Invariant;
use crate::db::queries;

pub(in crate::operations) const OF_PARTS: &[Invariant] = &[
    (
        "I13",
        "the discounts and taxes of an order's lines and of its shipping sum to those of the order, and so do its taxes by rate and the discounts that it used",
        &PARTS,
    ),
    (
        "I14",
        "a limited discount counts its uses that were not given back, at most its limit; a cancelled order has given all back",
        &USES,
    ),
    (
        "I16",
        "no refund gives back more of a line, of shipping, of the tax or of the net amount than was paid",
        &REFUNDED_PARTS,
    ),
];

queries! {
    PARTS: "check the parts of orders" = "
        with by_line as (
            select order_id, sum(line_minor) as subtotal, sum(discount_minor) as discount, sum(tax_minor) as tax,
                   sum(tax_included_minor) as included
            from order_lines
            group by order_id
        ), by_rate as (
            select order_id, coalesce(sum(tax_minor) filter (where not included), 0) as tax,
                   coalesce(sum(tax_minor) filter (where included), 0) as included
            from order_taxes
            group by order_id
        ), by_use as (
            select order_id, sum(amount_minor) as discount from discount_uses group by order_id
        )
        select jsonb_build_object(
            'order', 'ord_' || replace(o.id::text, '-', ''), 'discount', o.discount_minor,
            'discount_of_parts', l.discount + o.shipping_discount_minor, 'discount_used', coalesce(u.discount, 0), 'tax', o.tax_minor + o.tax_included_minor,
            'tax_of_parts', l.tax + l.included + o.shipping_tax_minor + o.shipping_tax_included_minor,
            'tax_by_rate', coalesce(r.tax + r.included, 0)) as found
        from orders o join by_line l on l.order_id = o.id left join by_rate r on r.order_id = o.id
        left join by_use u on u.order_id = o.id
        where (o.subtotal_minor, o.discount_minor, o.tax_minor, o.tax_included_minor)
              is distinct from (l.subtotal::bigint, (l.discount + o.shipping_discount_minor)::bigint,
                                (l.tax + o.shipping_tax_minor)::bigint,
                                (l.included + o.shipping_tax_included_minor)::bigint)
           or o.discount_minor <> coalesce(u.discount, 0)
           or o.tax_minor <> coalesce(r.tax, 0) or o.tax_included_minor <> coalesce(r.included, 0)
        order by o.id
        limit 100";

    USES: "check the uses of discounts" = "
        with live as (
            select u.discount_id, count(*) as uses, count(*) filter (where o.status = 'cancelled') as of_cancelled
            from discount_uses u join orders o on o.id = u.order_id
            where u.released_at is null
            group by u.discount_id
        )
        select jsonb_build_object(
            'discount', 'disc_' || replace(d.id::text, '-', ''), 'used', d.used, 'uses', coalesce(l.uses, 0),
            'limit', d.max_uses, 'of_cancelled_orders', coalesce(l.of_cancelled, 0)) as found
        from discounts d left join live l on l.discount_id = d.id
        where d.max_uses is not null and (d.used <> coalesce(l.uses, 0) or d.used > d.max_uses)
           or coalesce(l.of_cancelled, 0) > 0
        order by d.id
        limit 100";

    /// Refunds of payments that came too late or were one too many give back nothing of the order. One that was given up, and
    /// that Stripe gave all the same, may exceed its line, and one of the dashboard may displace one of ours whose tax is
    /// stated already.
    REFUNDED_PARTS: "check what refunds give back" = "
        with back as (
            select r.id, p.order_id, r.amount_minor, r.shipping_minor, coalesce(r.tax_minor, 0) as tax_minor
            from refunds r join payments p on p.id = r.payment_id
            where r.status not in ('failed', 'canceled') and p.surplus_at is null
              and not exists (select from refunds l where l.payment_id = p.id and l.origin = 'late_payment')
              and not exists (
                  select from ledger e where e.order_id = p.order_id and e.kind = 'refunded' and e.source_id like '%#%')
        ), by_order as (
            select o.id, sum(b.tax_minor) as tax, sum(b.amount_minor - b.tax_minor) as net, sum(b.shipping_minor) as shipping,
                   o.tax_minor + o.tax_included_minor as taxed, o.total_minor,
                   o.shipping_minor - o.shipping_discount_minor + o.shipping_tax_minor as shipping_paid
            from back b join orders o on o.id = b.order_id
            group by o.id
        ), by_line as (
            select b.order_id, s.product_id, sum(coalesce(l.amount_minor, l.quantity * s.unit_minor)) as given,
                   s.line_minor - s.discount_minor + s.tax_minor as paid
            from back b join refund_lines l on l.refund_id = b.id
            join order_lines s on s.order_id = b.order_id and s.product_id = l.product_id
            group by b.order_id, s.product_id, s.line_minor, s.discount_minor, s.tax_minor
        )
        select jsonb_build_object(
            'order', 'ord_' || replace(id::text, '-', ''), 'tax', taxed, 'tax_refunded', tax, 'net', total_minor - taxed,
            'net_refunded', net, 'shipping', shipping_paid, 'shipping_refunded', shipping) as found
        from by_order
        where shipping > shipping_paid
           or (tax > taxed or net > total_minor - taxed)
              and not exists (
                  select from refunds r join payments p on p.id = r.payment_id
                  where p.order_id = by_order.id and r.origin = 'dashboard')
        union all
        select jsonb_build_object(
            'order', 'ord_' || replace(order_id::text, '-', ''), 'product', 'prod_' || replace(product_id::text, '-', ''),
            'paid', paid, 'refunded', given)
        from by_line
        where given > paid
        limit 100";
}
