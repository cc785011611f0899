-- How many of a refund's pieces went back on the shelf. They lie there even if the money's way back fails.
alter table refund_lines
    add column restocked integer not null default 0
        constraint refund_lines_restocked_within_quantity check (restocked between 0 and quantity);

-- A refund that failed frees its pieces for another, but what it put back on the shelf is there already: so the pieces
-- are counted without the failed ones, and the goods with them. The lock makes two refunds of one order wait for one another.
create function guard_refund_lines() returns trigger language plpgsql as $$
declare
    sold_by   uuid;
    sold_at   text;
    sold      integer;
    pieces    bigint;
    restocked bigint;
begin
    select o.id, o.status into sold_by, sold_at
    from refunds r join payments p on p.id = r.payment_id join orders o on o.id = p.order_id
    where r.id = new.refund_id
    for no key update of o;
    select l.quantity into sold from order_lines l where l.order_id = sold_by and l.product_id = new.product_id;
    select sum(l.quantity) filter (where r.status not in ('failed', 'canceled')), sum(l.restocked) into pieces, restocked
    from refund_lines l join refunds r on r.id = l.refund_id join payments p on p.id = r.payment_id
    where p.order_id = sold_by and l.product_id = new.product_id;
    if pieces > coalesce(sold, 0) then
        raise exception 'no more pieces are refunded than were sold'
            using errcode = '23514', constraint = 'refund_lines_within_order';
    end if;
    if restocked > coalesce(sold, 0) then
        raise exception 'no more pieces come back than were sold'
            using errcode = '23514', constraint = 'refund_lines_restocked_within_order';
    end if;
    if new.restocked > 0 and sold_at <> 'shipped' then
        raise exception 'only what was shipped comes back' using errcode = '23514', constraint = 'refund_lines_came_back';
    end if;
    return null;
end $$;
create trigger refund_lines_guard after insert on refund_lines for each row execute function guard_refund_lines();
