-- Whose use of a discount it is: the address without what stands behind a plus, which anybody can vary.
create function discount_buyer(address text) returns bytea language sql immutable as $$
    select sha256(convert_to(regexp_replace(lower(address), '\+[^@]*@', '@'), 'UTF8'))
$$;

-- Deferred: uses are written before their order. An order without a discount pays nothing for it.
create function check_order_discounts() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    checked uuid;
begin
    if tg_table_name = 'orders' then checked := new.id; else checked := new.order_id; end if;
    if exists (
        select from public.orders o
        where o.id = checked
          and o.discount_minor <> (select coalesce(sum(amount_minor), 0) from public.discount_uses where order_id = checked)
    ) then
        raise exception 'the discounts of an order add up to its discount'
            using errcode = '23514', constraint = 'order_discounts_add_up';
    end if;
    return null;
end $$;
create constraint trigger orders_discounts_add_up after insert on orders
    deferrable initially deferred for each row when (new.discount_minor > 0) execute function check_order_discounts();
create constraint trigger discount_uses_add_up after insert on discount_uses
    deferrable initially deferred for each row execute function check_order_discounts();
