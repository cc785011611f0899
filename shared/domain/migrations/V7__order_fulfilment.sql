alter table orders
    -- A dispute holds the goods back. Set by payment.
    add on_hold boolean not null default false,
    add shipped_at timestamptz constraint orders_shipped_at_finite check (isfinite(shipped_at)),
    add carrier text constraint orders_carrier_length check (char_length(carrier) between 1 and 100),
    add tracking_number text
        constraint orders_tracking_number_length check (char_length(tracking_number) between 1 and 100),
    add tracking_url text constraint orders_tracking_url_is_https
        check (tracking_url like 'https://_%' and char_length(tracking_url) <= 500),
    -- Why somebody confirmed it by hand.
    add confirm_reason text constraint orders_confirm_reason_length check (char_length(confirm_reason) between 1 and 500),
    add note text constraint orders_note_length check (char_length(note) between 1 and 1000),
    add ship_to_name text constraint orders_ship_to_name_length check (char_length(ship_to_name) between 1 and 200),
    add ship_to_line1 text constraint orders_ship_to_line1_length check (char_length(ship_to_line1) between 1 and 200),
    add ship_to_line2 text constraint orders_ship_to_line2_length check (char_length(ship_to_line2) between 1 and 200),
    add ship_to_postal_code text
        constraint orders_ship_to_postal_code_length check (char_length(ship_to_postal_code) between 1 and 20),
    add ship_to_city text constraint orders_ship_to_city_length check (char_length(ship_to_city) between 1 and 100),
    add ship_to_country text constraint orders_ship_to_country_shape check (ship_to_country ~ '^[A-Z]{2}$'),
    add constraint orders_shipped_has_time check ((status = 'shipped') = (shipped_at is not null)),
    add constraint orders_shipped_has_carrier check ((shipped_at is null) = (carrier is null)),
    add constraint orders_tracked_is_shipped
        check (shipped_at is not null or (tracking_number is null and tracking_url is null)),
    add constraint orders_ship_to_is_whole
        check (num_nulls(ship_to_name, ship_to_line1, ship_to_postal_code, ship_to_city, ship_to_country) in (0, 5)
               and (ship_to_line2 is null or ship_to_line1 is not null));

-- How many orders of somebody wait for their payment.
create index orders_unpaid on orders (user_id) where status = 'pending';

-- Who moved it; nobody if time or Stripe did.
alter table order_history add actor uuid constraint order_history_actor_exists references users;

-- What happened to an order beside its moves.
create table order_changes (
    order_id uuid not null constraint order_changes_order_exists references orders,
    version  bigint not null,
    what     text not null constraint order_changes_what_known check (what in ('edited', 'cancel_requested')),
    actor    uuid constraint order_changes_actor_exists references users,
    at       timestamptz not null default now(),
    constraint order_changes_once primary key (order_id, version, what)
);
revoke update on order_changes from app_rw;

-- Who acts is said once in a transaction, so that no statement can forget it.
create function acting_user() returns uuid language sql stable as $$
    select nullif(current_setting('app.actor', true), '')::uuid
$$;

create or replace function write_order_history() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into order_history (order_id, version, to_status, actor)
        values (new.id, new.version, new.status, new.user_id);
    elsif new.status <> old.status then
        insert into order_history (order_id, version, from_status, to_status, reason, actor)
        values (new.id, new.version, old.status, new.status,
                case new.status when 'confirmed' then new.confirm_reason else new.cancel_reason end, acting_user());
    end if;
    return null;
end $$;

create function write_order_changes() returns trigger language plpgsql as $$
begin
    if old.cancel_requested_at is null and new.cancel_requested_at is not null then
        insert into order_changes (order_id, version, what, actor)
        values (new.id, new.version, 'cancel_requested', acting_user());
    end if;
    if (new.note, new.ship_to_name, new.ship_to_line1, new.ship_to_line2,
        new.ship_to_postal_code, new.ship_to_city, new.ship_to_country)
       is distinct from
       (old.note, old.ship_to_name, old.ship_to_line1, old.ship_to_line2,
        old.ship_to_postal_code, old.ship_to_city, old.ship_to_country)
    then
        insert into order_changes (order_id, version, what, actor) values (new.id, new.version, 'edited', acting_user());
    end if;
    return null;
end $$;
create trigger orders_changes after update on orders for each row execute function write_order_changes();
