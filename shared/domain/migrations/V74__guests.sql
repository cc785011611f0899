-- Buyers without an account. An order has a user or a guest, and an order that its guest's account takes over has both.
create table order_guests (
    order_id    uuid not null constraint order_guests_of_order references orders deferrable initially deferred,
    email       text not null constraint order_guests_email_length check (char_length(email) between 3 and 254),
    email_norm  text not null,
    -- Where it was placed from: two bytes of a hash, enough to count by, and too few to tell an address.
    origin      integer not null constraint order_guests_origin_range check (origin between 0 and 65535),
    -- One more makes the links of earlier emails void.
    link_epoch  integer not null default 1 constraint order_guests_link_epoch_range check (link_epoch > 0),
    -- When a link that was sent to the address was used.
    proven_at   timestamptz,
    joined_at   timestamptz,
    constraint order_guests_once primary key (order_id)
);
create index order_guests_by_email on order_guests (email_norm);

alter table orders alter column user_id drop not null;

create function check_order_buyer() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if not exists (select from public.order_guests where order_id = new.id) then
        raise exception 'an order has a user or a guest' using errcode = '23514', constraint = 'orders_have_a_buyer';
    end if;
    return null;
end $$;
-- Orders of accounts pay nothing for it.
create constraint trigger orders_have_a_buyer after insert on orders
    deferrable initially deferred for each row when (new.user_id is null) execute function check_order_buyer();

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
       or (new.id, new.currency, new.subtotal_minor, new.discount_minor, new.shipping_minor, new.tax_minor,
           new.total_minor, new.tax_included_minor, new.shipping_method_id, new.shipping_discount_minor,
           new.shipping_tax_minor, new.shipping_tax_included_minor, new.created_at)
          is distinct from
          (old.id, old.currency, old.subtotal_minor, old.discount_minor, old.shipping_minor, old.tax_minor,
           old.total_minor, old.tax_included_minor, old.shipping_method_id, old.shipping_discount_minor,
           old.shipping_tax_minor, old.shipping_tax_included_minor, old.created_at)
    then
        raise exception 'what an order was placed with stays' using errcode = '23514', constraint = 'orders_terms_stay';
    end if;
    new.version := old.version + 1;
    new.updated_at := now();
    return new;
end $$;

-- As begin_turn, in the turn of a guest's address: the orders that are placed under it count each other.
create function begin_guest_turn(who uuid, wanted text[], address text,
                                 out fingerprint bytea, out response_status smallint, out response_body bytea)
returns setof record language plpgsql as $$
begin
    perform pg_advisory_xact_lock(7003, hashtext('guest:' || address));
    return query select * from begin_turn(who, wanted, '{}');
end $$;

-- Whether those may buy who have no account. A shop that is in use says so itself, once no release runs any more that
-- reads orders without a user as broken.
alter table shop_pricing add column guest_checkout boolean not null default false;
update shop_pricing set guest_checkout = not exists (select from users);

-- With those that were placed as a guest, and joined later.
create or replace function forget_checkouts_of(person uuid) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with erased as (
        select id from public.users where id = person and erased_at is not null
    ), gone as (
        delete from public.checkouts
        where id in (select id from public.checkouts where user_id in (select id from erased)
                     union all
                     select c.id from public.orders o join public.checkouts c on c.order_id = o.id
                     where o.user_id in (select id from erased))
        returning 1
    )
    select count(*) from gone
$$;

-- What guests have not ordered under the address that an account had. Does nothing unless the account is erased.
create function forget_checkouts_under(person uuid, address text) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (
        delete from public.checkouts
        where email_norm = address and user_id is null and order_id is null
          and exists (select from public.users where id = person and erased_at is not null)
        returning 1
    )
    select count(*) from gone
$$;
revoke execute on function forget_checkouts_under(uuid, text) from public;
grant execute on function forget_checkouts_under(uuid, text) to app_rw;
