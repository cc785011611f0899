-- Of a line's pieces: those that are in parcels, packed or shipped; of these, the shipped ones; and those that are not to be
-- shipped, since their money was given back before. In an order that was shipped as a whole by an earlier release all three
-- are zero.
alter table order_lines
    add column fulfilled integer not null default 0,
    add column shipped integer not null default 0,
    add column removed integer not null default 0;
alter table order_lines
    add constraint order_lines_fulfilled_within_quantity check (
        shipped between 0 and fulfilled and removed >= 0 and fulfilled + removed <= quantity) not valid;
grant update (fulfilled, shipped, removed) on order_lines to app_rw;

-- The prices of a line do not depend on what is shipped of it.
drop trigger order_lines_are_totalled on order_lines;
create constraint trigger order_lines_are_totalled
    after delete or update of order_id, quantity, unit_minor, line_minor on order_lines
    deferrable initially deferred for each row execute function check_order_lines();

-- As before, but for what may come back: pieces that were shipped, in a parcel or with their whole order.
create or replace function guard_refund_lines() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    sold_by   uuid;
    sold_at   text;
    sold      public.order_lines;
    paid      bigint;
    pieces    bigint;
    restocked bigint;
    money     bigint;
begin
    select o.id, o.status into sold_by, sold_at
    from public.refunds r join public.payments p on p.id = r.payment_id join public.orders o on o.id = p.order_id
    where r.id = new.refund_id
    for no key update of o;
    select * into sold from public.order_lines l where l.order_id = sold_by and l.product_id = new.product_id;
    paid := sold.line_minor - sold.discount_minor + sold.tax_minor;
    select sum(l.quantity) filter (where r.status not in ('failed', 'canceled')), sum(l.restocked),
           sum(coalesce(l.amount_minor, l.quantity * sold.unit_minor)) filter (where r.status not in ('failed', 'canceled'))
    into pieces, restocked, money
    from public.refund_lines l join public.refunds r on r.id = l.refund_id join public.payments p on p.id = r.payment_id
    where p.order_id = sold_by and l.product_id = new.product_id;
    if pieces > coalesce(sold.quantity, 0) then
        raise exception 'no more pieces are refunded than were sold'
            using errcode = '23514', constraint = 'refund_lines_within_order';
    end if;
    -- The release before prices pieces without the order's discounts and taxes.
    if money > paid or (new.amount_minor is null and paid <> sold.line_minor) then
        raise exception 'no more money is refunded for a line than was paid for it'
            using errcode = '23514', constraint = 'refund_lines_within_paid';
    end if;
    if restocked > coalesce(sold.quantity, 0) then
        raise exception 'no more pieces come back than were sold'
            using errcode = '23514', constraint = 'refund_lines_restocked_within_order';
    end if;
    if new.restocked > 0
       and restocked > (case sold_at when 'shipped' then sold.quantity - sold.removed else sold.shipped end) then
        raise exception 'only what was shipped comes back' using errcode = '23514', constraint = 'refund_lines_came_back';
    end if;
    return null;
end $$;
