-- The parts of an order's lines and of its shipping add up to those of the order.
create or replace function check_new_lines() returns trigger language plpgsql as $$
begin
    if exists (
        select from orders o
        cross join lateral (
            select sum(line_minor)::bigint as subtotal, sum(discount_minor)::bigint as discount,
                   sum(tax_minor)::bigint as tax, sum(tax_included_minor)::bigint as tax_included
            from order_lines where order_id = o.id) lines
        where o.id in (select order_id from new_lines)
          and (o.subtotal_minor, o.discount_minor - o.shipping_discount_minor, o.tax_minor - o.shipping_tax_minor,
               o.tax_included_minor - o.shipping_tax_included_minor)
              is distinct from (lines.subtotal, lines.discount, lines.tax, lines.tax_included)
    ) then
        raise exception 'an order totals its lines' using errcode = '23514', constraint = 'orders_totals_its_lines';
    end if;
    return null;
end $$;

-- Deferred: taxes are written after their order. An order without tax pays nothing for it.
create function check_order_taxes() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    checked uuid;
begin
    if tg_table_name = 'orders' then checked := new.id; else checked := new.order_id; end if;
    if exists (
        select from public.orders o
        cross join lateral (
            select coalesce(sum(tax_minor) filter (where not included), 0) as added,
                   coalesce(sum(tax_minor) filter (where included), 0) as included
            from public.order_taxes where order_id = checked) taxes
        where o.id = checked and (o.tax_minor <> taxes.added or o.tax_included_minor <> taxes.included)
    ) then
        raise exception 'the taxes of an order add up to its tax'
            using errcode = '23514', constraint = 'order_taxes_add_up';
    end if;
    return null;
end $$;
create constraint trigger orders_taxes_add_up after insert on orders
    deferrable initially deferred for each row when (new.tax_minor > 0 or new.tax_included_minor > 0)
    execute function check_order_taxes();
create constraint trigger order_taxes_add_up after insert on order_taxes
    deferrable initially deferred for each row execute function check_order_taxes();

create or replace function guard_order() returns trigger language plpgsql as $$
begin
    if new.status <> old.status and (old.status, new.status) not in
       (('pending', 'confirmed'), ('pending', 'cancelled'), ('confirmed', 'shipped'), ('confirmed', 'cancelled'))
    then
        raise exception 'an order cannot go from % to %', old.status, new.status
            using errcode = '23514', constraint = 'orders_move_is_legal';
    end if;
    if (new.id, new.user_id, new.currency, new.subtotal_minor, new.discount_minor, new.shipping_minor, new.tax_minor,
        new.total_minor, new.tax_included_minor, new.shipping_method_id, new.shipping_discount_minor,
        new.shipping_tax_minor, new.shipping_tax_included_minor, new.created_at)
       is distinct from
       (old.id, old.user_id, old.currency, old.subtotal_minor, old.discount_minor, old.shipping_minor, old.tax_minor,
        old.total_minor, old.tax_included_minor, old.shipping_method_id, old.shipping_discount_minor,
        old.shipping_tax_minor, old.shipping_tax_included_minor, old.created_at)
    then
        raise exception 'what an order was placed with stays' using errcode = '23514', constraint = 'orders_terms_stay';
    end if;
    new.version := old.version + 1;
    new.updated_at := now();
    return new;
end $$;
