-- Of a line's pieces, those in returns that were requested or approved, and those that arrived with one.
alter table order_lines add column in_returns integer not null default 0;
alter table order_lines
    add constraint order_lines_in_returns_within_quantity check (in_returns >= 0 and in_returns + removed <= quantity) not valid;
grant update (in_returns) on order_lines to app_rw;

-- The money of a refund is given back for the goods of a return.
alter table refunds add column return_id uuid;
alter table refunds add constraint refunds_return_exists foreign key (return_id) references returns not valid;

-- For how many days after the last parcel buyers can request a return. None if only staff can.
alter table shop_pricing add column return_window_days integer default 30;
alter table shop_pricing
    add constraint shop_pricing_return_window_range check (return_window_days between 1 and 3650) not valid;

-- A piece comes back once: with a return, or with a refund that restocks it. Only what was shipped comes back.
create function check_in_returns() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    shipped   integer;
    restocked bigint;
begin
    select case o.status when 'shipped' then new.quantity - new.removed else new.shipped end into shipped
    from public.orders o where o.id = new.order_id
    for no key update of o;
    select coalesce(sum(l.restocked), 0) into restocked
    from public.refund_lines l join public.refunds r on r.id = l.refund_id join public.payments p on p.id = r.payment_id
    where p.order_id = new.order_id and l.product_id = new.product_id;
    if new.in_returns + restocked > shipped then
        raise exception 'only what was shipped comes back, and once'
            using errcode = '23514', constraint = 'order_lines_come_back_once';
    end if;
    return null;
end $$;
create trigger order_lines_in_returns after update of in_returns on order_lines
    for each row when (new.in_returns > old.in_returns) execute function check_in_returns();

create function check_refunded_return() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if not exists (
        select from public.returns t join public.payments p on p.order_id = t.order_id
        where t.id = new.return_id and p.id = new.payment_id)
    then
        raise exception 'a refund is of a return of its order'
            using errcode = '23514', constraint = 'refunds_return_of_order';
    end if;
    return null;
end $$;
create trigger refunds_of_return after insert or update of return_id, payment_id on refunds
    for each row when (new.return_id is not null) execute function check_refunded_return();

-- As before, but for pieces in returns: a refund does not restock them as well, and a refund of a return is of its pieces.
create or replace function guard_refund_lines() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    sold_by   uuid;
    sold_at   text;
    sold      public.order_lines;
    goods     uuid;
    paid      bigint;
    pieces    bigint;
    restocked bigint;
    money     bigint;
begin
    select o.id, o.status, r.return_id into sold_by, sold_at, goods
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
    if new.restocked > 0 and restocked + sold.in_returns
       > (case sold_at when 'shipped' then sold.quantity - sold.removed else sold.shipped end)
    then
        raise exception 'only what was shipped comes back' using errcode = '23514', constraint = 'refund_lines_came_back';
    end if;
    if goods is null then
        return null;
    end if;
    if new.restocked > 0 then
        raise exception 'what comes back with a return is restocked when it arrives'
            using errcode = '23514', constraint = 'refund_lines_of_return_restock_nothing';
    end if;
    select sum(l.quantity) into pieces
    from public.refund_lines l join public.refunds r on r.id = l.refund_id join public.payments p on p.id = r.payment_id
    where p.order_id = sold_by and r.return_id = goods and l.product_id = new.product_id
      and r.status not in ('failed', 'canceled');
    if pieces > coalesce((
        select coalesce(received, quantity) from public.return_lines where return_id = goods and product_id = new.product_id), 0)
    then
        raise exception 'no more pieces are refunded for a return than are in it'
            using errcode = '23514', constraint = 'refund_lines_within_return';
    end if;
    return null;
end $$;
