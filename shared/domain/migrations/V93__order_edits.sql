-- Changes of what an order consists of, before it is paid: one row for each, under the version of the order that was found.
create table order_edits (
    order_id           uuid not null constraint order_edits_order_exists references orders,
    version            bigint not null,
    total_before_minor bigint not null,
    total_minor        bigint not null,
    -- None if a guest edited it.
    actor              uuid constraint order_edits_actor_exists references users,
    at                 timestamptz not null default now(),
    constraint order_edits_once primary key (order_id, version),
    constraint order_edits_totals_not_negative check (total_before_minor >= 0 and total_minor >= 0)
);
revoke update on order_edits from app_rw;

-- As before, but for the prices of an order that is edited: it waits for its payment, nothing was captured for it, no payment of
-- another amount can be, and the edit is recorded.
create or replace function guard_order() returns trigger language plpgsql as $$
begin
    if new.status <> old.status and (old.status, new.status) not in
       (('pending', 'confirmed'), ('pending', 'cancelled'), ('confirmed', 'shipped'), ('confirmed', 'cancelled'))
    then
        raise exception 'an order cannot go from % to %', old.status, new.status
            using errcode = '23514', constraint = 'orders_move_is_legal';
    end if;
    -- A guest's order may become an account's, once.
    if (old.user_id is not null and new.user_id is distinct from old.user_id)
       or (new.id, new.currency, new.created_at) is distinct from (old.id, old.currency, old.created_at)
    then
        raise exception 'what an order was placed with stays' using errcode = '23514', constraint = 'orders_terms_stay';
    end if;
    if (new.subtotal_minor, new.discount_minor, new.shipping_minor, new.tax_minor, new.total_minor, new.tax_included_minor,
        new.shipping_method_id, new.shipping_discount_minor, new.shipping_tax_minor, new.shipping_tax_included_minor)
       is distinct from
       (old.subtotal_minor, old.discount_minor, old.shipping_minor, old.tax_minor, old.total_minor, old.tax_included_minor,
        old.shipping_method_id, old.shipping_discount_minor, old.shipping_tax_minor, old.shipping_tax_included_minor)
    then
        if old.status <> 'pending' or new.status <> 'pending' or old.captured_minor <> 0 or new.captured_minor <> 0
           or exists (select from payments p
                      where p.order_id = old.id and p.status not in ('canceled', 'failed') and p.surplus_at is null)
           or not exists (select from order_edits e
                          where e.order_id = old.id and e.version = old.version
                            and e.total_before_minor = old.total_minor and e.total_minor = new.total_minor)
        then
            raise exception 'what an order was placed with stays' using errcode = '23514', constraint = 'orders_terms_stay';
        end if;
    end if;
    new.version := old.version + 1;
    new.updated_at := now();
    return new;
end $$;

-- Deferred: an edit is recorded first, then applied. At the commit the order has another version and the total of its last edit,
-- and all its parts add up: those that were taken out as well as those that were added.
create function check_order_edit() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    edited public.orders;
begin
    select * into edited from public.orders where id = new.order_id;
    if edited.version <= new.version
       or edited.total_minor is distinct from (
           select e.total_minor from public.order_edits e where e.order_id = new.order_id order by e.version desc limit 1)
    then
        raise exception 'an edit that is recorded is applied' using errcode = '23514', constraint = 'order_edits_applied';
    end if;
    if exists (
        select from (
            select sum(line_minor)::bigint as subtotal, sum(discount_minor)::bigint as discount,
                   sum(tax_minor)::bigint as tax, sum(tax_included_minor)::bigint as tax_included
            from public.order_lines where order_id = new.order_id) lines
        where (edited.subtotal_minor, edited.discount_minor - edited.shipping_discount_minor,
               edited.tax_minor - edited.shipping_tax_minor, edited.tax_included_minor - edited.shipping_tax_included_minor)
              is distinct from (lines.subtotal, lines.discount, lines.tax, lines.tax_included)
    ) then
        raise exception 'an order totals its lines' using errcode = '23514', constraint = 'orders_totals_its_lines';
    end if;
    if exists (
        select from (
            select coalesce(sum(tax_minor) filter (where not included), 0) as added,
                   coalesce(sum(tax_minor) filter (where included), 0) as included
            from public.order_taxes where order_id = new.order_id) taxes
        where edited.tax_minor <> taxes.added or edited.tax_included_minor <> taxes.included
    ) then
        raise exception 'the taxes of an order add up to its tax'
            using errcode = '23514', constraint = 'order_taxes_add_up';
    end if;
    if edited.discount_minor <> (
        select coalesce(sum(amount_minor), 0) from public.discount_uses where order_id = new.order_id)
    then
        raise exception 'the discounts of an order add up to its discount'
            using errcode = '23514', constraint = 'order_discounts_add_up';
    end if;
    return null;
end $$;
create constraint trigger order_edits_applied after insert on order_edits
    deferrable initially deferred for each row execute function check_order_edit();
create constraint trigger order_edits_audited after insert or update or delete on order_edits
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('order_edit', '{order_id,version}', '{at}', '{}');

-- As before, and after a use was taken back.
create or replace function check_order_discounts() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    checked uuid;
begin
    if tg_table_name = 'orders' then checked := new.id;
    elsif tg_op = 'DELETE' then checked := old.order_id;
    else checked := new.order_id;
    end if;
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
create constraint trigger discount_uses_taken_back after delete on discount_uses
    deferrable initially deferred for each row execute function check_order_discounts();

-- Takes back the discounts that an order uses, so that it is priced as if it had none yet. Locks at once, by ascending id, every
-- limited discount that it may use afterwards.
create function take_back_discounts(edited uuid) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if not exists (select from public.orders where id = edited and status = 'pending') then
        raise exception 'only an order that waits for its payment gives back what it uses'
            using errcode = '23514', constraint = 'discount_uses_stay';
    end if;
    perform from public.discounts d
    where d.max_uses is not null
      and (d.active and d.code is null or d.id in (select u.discount_id from public.discount_uses u where u.order_id = edited))
    order by d.id
    for no key update of d;
    with gone as (
        delete from public.discount_uses where order_id = edited returning discount_id, released_at
    )
    update public.discounts d set used = d.used - 1
    from gone
    where d.id = gone.discount_id and gone.released_at is null and d.max_uses is not null;
end $$;

-- Takes the lines and taxes out of an order whose edit is recorded and not applied yet.
create function take_out_lines(edited uuid) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if not exists (
        select from public.order_edits e join public.orders o on o.id = e.order_id and o.version = e.version
        where o.id = edited and o.status = 'pending'
    ) then
        raise exception 'only an edit takes lines out of an order'
            using errcode = '23514', constraint = 'order_lines_stay';
    end if;
    delete from public.order_lines where order_id = edited;
    delete from public.order_taxes where order_id = edited;
end $$;
revoke execute on function take_back_discounts(uuid), take_out_lines(uuid) from public;
grant execute on function take_back_discounts(uuid), take_out_lines(uuid) to app_rw;
