-- What a refund gives back of the order's parts: of its lines, of its shipping, and the tax in all of it. Refunds from before
-- have no tax, and lines that a release writes which does not know their amount give back the price of their pieces.
alter table refunds
    add column shipping_minor bigint not null default 0,
    add column tax_minor bigint;
alter table refunds
    drop constraint refunds_amount_positive,
    add constraint refunds_amount_not_negative check (amount_minor >= 0) not valid,
    add constraint refunds_parts_within_amount check (
        shipping_minor between 0 and amount_minor and tax_minor between 0 and amount_minor) not valid,
    -- Nothing has to be asked of Stripe for it: it succeeds at once, under its own id.
    add constraint refunds_nothing_is_settled check (amount_minor > 0 or status = 'succeeded') not valid;
alter table refund_lines
    add column amount_minor bigint,
    add column tax_minor bigint,
    add column discount_minor bigint;
alter table refund_lines
    add constraint refund_lines_parts_range check (
        num_nulls(amount_minor, tax_minor, discount_minor) in (0, 3)
        and amount_minor >= 0 and tax_minor between 0 and amount_minor and discount_minor >= 0) not valid;

-- What a line's refunds that did not fail may give back: what the buyer paid for it.
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
    if new.restocked > 0 and sold_at <> 'shipped' then
        raise exception 'only what was shipped comes back' using errcode = '23514', constraint = 'refund_lines_came_back';
    end if;
    return null;
end $$;

-- Amounts that are charged and refunded are multiples of this many minor units.
create function money_step(currency text) returns bigint language sql immutable as $$
    select case when currency in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then 10
                when currency in ('ISK', 'UGX') then 100
                else 1 end
$$;

-- The tax in a refund for which nobody stated it: by the whole order, in proportion to the money, so that neither more tax
-- nor more net is given back than there was, and all of both when all is given back. A payment that came too late, or that
-- was one too many, bought nothing and has no tax.
create function split_refund_tax() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    sold     public.orders;
    step     numeric;
    taxed    numeric;
    back     numeric;
    tax_back numeric;
begin
    new.tax_minor := 0;
    select o.* into sold
    from public.payments p join public.orders o on o.id = p.order_id
    where p.id = new.payment_id and p.surplus_at is null
      and not exists (select from public.refunds l where l.payment_id = p.id and l.origin = 'late_payment');
    taxed := sold.tax_minor + sold.tax_included_minor;
    if coalesce(taxed, 0) = 0 or new.origin = 'late_payment' then
        return new;
    end if;
    step := public.money_step(sold.currency);
    select coalesce(sum(r.amount_minor), 0), coalesce(sum(r.tax_minor), 0) into back, tax_back
    from public.refunds r join public.payments p on p.id = r.payment_id
    where p.order_id = sold.id and p.surplus_at is null and r.origin <> 'late_payment'
      and r.status not in ('failed', 'canceled');
    -- More tax may be back than there was, if a refund was given up and Stripe gave it all the same.
    new.tax_minor := greatest(
        least(
            greatest(
                div(taxed * (back + new.amount_minor), sold.total_minor * step) * step - tax_back,
                new.amount_minor - (sold.total_minor - taxed - (back - tax_back))),
            new.amount_minor, taxed - tax_back),
        0);
    return new;
end $$;
create trigger refunds_split_tax before insert on refunds
    for each row when (new.tax_minor is null) execute function split_refund_tax();
