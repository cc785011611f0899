set local statement_timeout = '3min';
alter table order_lines validate constraint order_lines_fulfilled_within_quantity;

-- An order is shipped once nothing of it is left to ship, and cancelled only while nothing of it is in a parcel. The release
-- before knows no parcels: it ships and cancels orders that have none.
create function check_order_parcels() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if new.status = 'shipped' and exists (
        select from public.order_lines where order_id = new.id having sum(fulfilled + removed) > 0
           and bool_or(shipped + removed <> quantity))
    then
        raise exception 'something of the order is left to ship'
            using errcode = '23514', constraint = 'orders_shipped_in_full';
    end if;
    if new.status = 'cancelled' and exists (select from public.order_lines where order_id = new.id and fulfilled > 0) then
        raise exception 'pieces of the order are in parcels'
            using errcode = '23514', constraint = 'orders_cancelled_without_parcels';
    end if;
    return null;
end $$;
create trigger orders_parcels after update of status on orders
    for each row when (new.status <> old.status and new.status in ('shipped', 'cancelled'))
    execute function check_order_parcels();

-- What was taken out of the order is free already. The release before does not know of it, and would free it twice.
create function check_released() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if exists (
        select from public.order_lines l join public.orders o on o.id = l.order_id
        where o.id = case when new.source_id ~ '^ord_[0-9a-f]{32}$' then substr(new.source_id, 5)::uuid end
          and l.product_id = new.product_id and l.removed > 0 and -new.reserved_delta <> l.quantity - l.removed)
    then
        raise exception 'a cancelled order frees what is reserved for it'
            using errcode = '23514', constraint = 'stock_moves_free_what_is_reserved';
    end if;
    return null;
end $$;
create trigger stock_moves_released after insert on stock_moves
    for each row when (new.source = 'order_cancelled') execute function check_released();
