//! Invariants of what orders and refunds are made of, and of checkouts.

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
        "I15",
        "a checkout is completed by one order of its account, and no order completes two; an account has at most one current checkout, which is open",
        &CHECKOUTS,
    ),
    (
        "I16",
        "no refund gives back more of a line, of shipping, of the tax or of the net amount than was paid",
        &REFUNDED_PARTS,
    ),
    (
        "I17",
        "every order has a user or a guest; that of a guest belongs to an account once it is joined, whose proven address is the guest's",
        &BUYERS,
    ),
    (
        "I18",
        "every amount of an order that the shop's rules priced is a multiple of its currency's step",
        &STEPS,
    ),
    (
        "I19",
        "the taxes of an order are all added to its prices, or all contained in them",
        &TAX_MODES,
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

    /// The order of a guest's checkout may become an account's later.
    CHECKOUTS: "check checkouts" = "
        with twice as (
            select order_id from checkouts where order_id is not null group by order_id having count(*) > 1
        ), shared as (
            select user_id from checkouts where is_current group by user_id having count(*) > 1
        )
        select jsonb_build_object(
            'checkout', 'chk_' || replace(c.id::text, '-', ''), 'status', c.status, 'is_current', c.is_current,
            'user', 'usr_' || replace(c.user_id::text, '-', ''), 'order', 'ord_' || replace(c.order_id::text, '-', ''),
            'user_of_order', 'usr_' || replace(o.user_id::text, '-', '')) as found
        from checkouts c left join orders o on o.id = c.order_id
        where (c.status = 'completed') <> (c.order_id is not null) or c.order_id is not null and o.id is null
           or c.order_id in (select order_id from twice)
           or c.is_current and (c.status <> 'open' or c.user_id in (select user_id from shared))
           or c.user_id is not null and o.id is not null and c.user_id is distinct from o.user_id
        order by c.id
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

    BUYERS: "check whose orders are" = "
        select jsonb_build_object(
            'order', 'ord_' || replace(o.id::text, '-', ''), 'user', 'usr_' || replace(o.user_id::text, '-', ''),
            'is_guests', g.order_id is not null, 'joined_at', g.joined_at,
            'is_address_of_user', u.email_norm = g.email_norm, 'is_proven', u.email_verified_at is not null) as found
        from orders o left join order_guests g on g.order_id = o.id left join users u on u.id = o.user_id
        where o.user_id is null and g.order_id is null
           or g.order_id is not null and (g.joined_at is null) <> (o.user_id is null)
           or g.joined_at is not null and (u.email_verified_at is null or u.email_norm <> g.email_norm)
        order by o.id
        limit 100";

    /// Prices of orders from before may be between two steps: only those are checked that have a part by a rule.
    STEPS: "check the steps of amounts" = "
        with priced as (
            select o.*, money_step(o.currency) as step
            from orders o
            where money_step(o.currency) > 1
              and (o.discount_minor > 0 or o.tax_minor > 0 or o.tax_included_minor > 0 or o.shipping_method_id is not null)
        ), amounts as (
            select o.id, o.step, part.name, part.minor
            from priced o cross join lateral (values
                ('subtotal', o.subtotal_minor), ('discount', o.discount_minor), ('shipping', o.shipping_minor),
                ('tax', o.tax_minor), ('tax_included', o.tax_included_minor), ('total', o.total_minor),
                ('shipping_discount', o.shipping_discount_minor), ('shipping_tax', o.shipping_tax_minor),
                ('shipping_tax_included', o.shipping_tax_included_minor)) as part (name, minor)
            union all
            select o.id, o.step, part.name, part.minor
            from priced o join order_lines l on l.order_id = o.id cross join lateral (values
                ('unit price of a line', l.unit_minor), ('discount of a line', l.discount_minor),
                ('tax of a line', l.tax_minor), ('tax contained in a line', l.tax_included_minor)) as part (name, minor)
            union all
            select o.id, o.step, part.name, part.minor
            from priced o join order_taxes t on t.order_id = o.id cross join lateral (values
                ('base of a tax', t.base_minor), ('amount of a tax', t.tax_minor)) as part (name, minor)
            union all
            select o.id, o.step, 'use of a discount', u.amount_minor
            from priced o join discount_uses u on u.order_id = o.id
        )
        select jsonb_build_object(
            'order', 'ord_' || replace(id::text, '-', ''), 'step', step, 'amounts', jsonb_agg(name order by name)) as found
        from amounts
        where minor % step <> 0
        group by id, step
        order by id
        limit 100";

    TAX_MODES: "check how taxes are charged" = "
        with mixed as (
            select order_id from order_taxes group by order_id having bool_or(included) and not bool_and(included)
        )
        select jsonb_build_object(
            'order', 'ord_' || replace(o.id::text, '-', ''), 'tax', o.tax_minor, 'tax_included', o.tax_included_minor) as found
        from orders o
        where o.tax_minor > 0 and o.tax_included_minor > 0 or o.id in (select order_id from mixed)
        order by o.id
        limit 100";
}
