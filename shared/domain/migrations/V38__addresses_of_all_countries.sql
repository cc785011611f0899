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

-- The release before removes an address without these.
create function remove_rest_of_address() returns trigger language plpgsql as $$
begin
    new.ship_to_company := null;
    new.ship_to_region := null;
    new.ship_to_phone := null;
    return new;
end $$;
create trigger orders_address_removed before update on orders for each row
    when (old.ship_to_line1 is not null and new.ship_to_line1 is null) execute function remove_rest_of_address();

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
