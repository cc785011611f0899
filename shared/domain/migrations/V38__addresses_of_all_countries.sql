-- What addresses of other countries have: a region, such as a state or province, and what carriers ask for. Not every country
-- has postal codes. The constraints are validated in the next migration.
alter table orders
    add ship_to_company text,
    add ship_to_region text,
    add ship_to_phone text,
    add constraint orders_ship_to_company_length check (char_length(ship_to_company) between 1 and 200) not valid,
    add constraint orders_ship_to_region_length check (char_length(ship_to_region) between 1 and 100) not valid,
    add constraint orders_ship_to_phone_shape check (ship_to_phone ~ '^[-0-9 +()./]{3,30}$') not valid,
    drop constraint orders_ship_to_is_whole,
    add constraint orders_ship_to_is_whole
        check (num_nulls(ship_to_name, ship_to_line1, ship_to_city, ship_to_country) in (0, 4)
               and (ship_to_line1 is not null
                    or num_nonnulls(ship_to_company, ship_to_line2, ship_to_postal_code, ship_to_region, ship_to_phone) = 0))
        not valid;

create or replace function guard_order() returns trigger language plpgsql as $$
begin
    if new.status <> old.status and (old.status, new.status) not in
       (('pending', 'confirmed'), ('pending', 'cancelled'), ('confirmed', 'shipped'), ('confirmed', 'cancelled'))
    then
        raise exception 'an order cannot go from % to %', old.status, new.status
            using errcode = '23514', constraint = 'orders_move_is_legal';
    end if;
    if (new.id, new.user_id, new.currency, new.subtotal_minor, new.total_minor, new.created_at)
       is distinct from (old.id, old.user_id, old.currency, old.subtotal_minor, old.total_minor, old.created_at)
    then
        raise exception 'what an order was placed with stays' using errcode = '23514', constraint = 'orders_terms_stay';
    end if;
    -- The release before removes an address without these.
    if old.ship_to_line1 is not null and new.ship_to_line1 is null then
        new.ship_to_company := null;
        new.ship_to_region := null;
        new.ship_to_phone := null;
    end if;
    new.version := old.version + 1;
    new.updated_at := now();
    return new;
end $$;

-- As before, with the new columns.
create or replace function write_order_changes() returns trigger language plpgsql as $$
begin
    if old.cancel_requested_at is null and new.cancel_requested_at is not null then
        insert into order_changes (order_id, version, what, actor)
        values (new.id, new.version, 'cancel_requested', acting_user());
    end if;
    if (new.note, new.ship_to_name, new.ship_to_company, new.ship_to_line1, new.ship_to_line2, new.ship_to_postal_code,
        new.ship_to_city, new.ship_to_region, new.ship_to_country, new.ship_to_phone)
       is distinct from
       (old.note, old.ship_to_name, old.ship_to_company, old.ship_to_line1, old.ship_to_line2, old.ship_to_postal_code,
        old.ship_to_city, old.ship_to_region, old.ship_to_country, old.ship_to_phone)
    then
        insert into order_changes (order_id, version, what, actor) values (new.id, new.version, 'edited', acting_user());
    end if;
    return null;
end $$;
create or replace trigger orders_changes after update on orders for each row
    when ((old.cancel_requested_at is null and new.cancel_requested_at is not null)
          or (new.note, new.ship_to_name, new.ship_to_company, new.ship_to_line1, new.ship_to_line2,
              new.ship_to_postal_code, new.ship_to_city, new.ship_to_region, new.ship_to_country, new.ship_to_phone)
             is distinct from
             (old.note, old.ship_to_name, old.ship_to_company, old.ship_to_line1, old.ship_to_line2,
              old.ship_to_postal_code, old.ship_to_city, old.ship_to_region, old.ship_to_country, old.ship_to_phone))
    execute function write_order_changes();
