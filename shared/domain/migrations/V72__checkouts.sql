-- The lines of a checkout: as many of each, products ascending and each once, which is the order of locking.
create function are_lines(products uuid[], quantities integer[], shown_minor bigint[]) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select cardinality(products) <= 100
       and cardinality(products) = cardinality(quantities)
       and cardinality(products) = cardinality(shown_minor)
       and not exists (
        select from unnest(products, quantities, shown_minor) with ordinality as line (product, quantity, shown, place)
        where not coalesce(
            quantity between 1 and 1000 and shown between 0 and 999999999999
            and (place = 1 or product > products[(place - 1)::integer]) and product is not null, false))
$$;

-- What somebody wishes to buy, before it is an order. It holds wishes and no prices: each answer prices it anew. The lines are
-- arrays, so that one row is read, locked and written at once.
create table checkouts (
    id                 uuid not null,
    -- SHA-256 of what a guest shows.
    secret_hash        bytea constraint checkouts_secret_is_hash check (octet_length(secret_hash) = 32),
    user_id            uuid constraint checkouts_of_user references users,
    -- The person of the shop who has made it for somebody.
    created_by         uuid constraint checkouts_created_by_exists references users,
    -- The one that an account's devices share.
    is_current         boolean not null default false,
    -- One that is open is over once it has expired, too.
    status             text not null default 'open'
                       constraint checkouts_status_known check (status in ('open', 'completed', 'cancelled')),
    email              text constraint checkouts_email_length check (char_length(email) between 3 and 254),
    email_norm         text,
    -- Of its lines.
    currency           text constraint checkouts_currency_shape check (currency ~ '^[A-Z]{3}$'),
    products           uuid[] not null default '{}',
    quantities         integer[] not null default '{}',
    -- The prices of the pieces when it was last written, to tell when they have changed.
    shown_minor        bigint[] not null default '{}',
    ship_to_name       text,
    ship_to_company    text,
    ship_to_line1      text,
    ship_to_line2      text,
    ship_to_postal_code text,
    ship_to_city       text,
    ship_to_region     text,
    ship_to_country    text constraint checkouts_ship_to_country_shape check (ship_to_country ~ '^[A-Z]{2}$'),
    ship_to_phone      text constraint checkouts_ship_to_phone_shape check (ship_to_phone ~ '^[-0-9 +()./]{3,30}$'),
    -- No foreign key: a wish may be for what is no longer there.
    shipping_method_id uuid,
    codes              text[] not null default '{}'
                       constraint checkouts_codes_whole check (cardinality(codes) <= 5 and array_position(codes, null) is null),
    note               text constraint checkouts_note_length check (char_length(note) between 1 and 1000),
    remind             boolean not null default false,
    reminded_at        timestamptz,
    order_id           uuid constraint checkouts_order_exists references orders deferrable initially deferred,
    -- No foreign key: that one may be forgotten first.
    merged_into        uuid,
    version            bigint not null default 1,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    expires_at         timestamptz not null constraint checkouts_expires_at_finite check (isfinite(expires_at)),
    constraint checkouts_pkey primary key (id),
    constraint checkouts_secret_once unique (secret_hash),
    constraint checkouts_one_order unique (order_id),
    constraint checkouts_has_holder check (num_nonnulls(user_id, secret_hash, created_by) > 0),
    constraint checkouts_email_is_whole check ((email is null) = (email_norm is null)),
    constraint checkouts_completed_has_order check ((status = 'completed') = (order_id is not null)),
    constraint checkouts_merged_is_over check (merged_into is null or (status = 'cancelled' and merged_into <> id)),
    constraint checkouts_current_is_open check (not is_current or (status = 'open' and user_id is not null)),
    constraint checkouts_ship_to_somewhere check (
        ship_to_country is not null
        or num_nonnulls(ship_to_name, ship_to_company, ship_to_line1, ship_to_line2, ship_to_postal_code, ship_to_city,
                        ship_to_region, ship_to_phone) = 0),
    constraint checkouts_ship_to_lengths check (
        coalesce(char_length(ship_to_name) between 1 and 200, true)
        and coalesce(char_length(ship_to_company) between 1 and 200, true)
        and coalesce(char_length(ship_to_line1) between 1 and 200, true)
        and coalesce(char_length(ship_to_line2) between 1 and 200, true)
        and coalesce(char_length(ship_to_postal_code) between 1 and 20, true)
        and coalesce(char_length(ship_to_city) between 1 and 100, true)
        and coalesce(char_length(ship_to_region) between 1 and 100, true)),
    constraint checkouts_lines_are_whole check (are_lines(products, quantities, shown_minor)),
    constraint checkouts_lines_have_currency check ((currency is null) = (cardinality(products) = 0))
);
create unique index checkouts_one_current on checkouts (user_id) where is_current;
create index checkouts_by_user on checkouts (user_id, id);
create index checkouts_by_email on checkouts (email_norm);
create index checkouts_to_remind on checkouts (updated_at) where remind and reminded_at is null and status = 'open';
create index checkouts_to_forget on checkouts (expires_at) where status <> 'completed';
create index checkouts_completed_to_forget on checkouts (updated_at) where status = 'completed';

create function guard_checkout() returns trigger language plpgsql as $$
begin
    if old.status <> 'open' then
        raise exception 'a checkout that is % stays as it is', old.status
            using errcode = '23514', constraint = 'checkouts_end_once';
    end if;
    if (new.id, new.secret_hash, new.created_by, new.created_at)
       is distinct from (old.id, old.secret_hash, old.created_by, old.created_at)
       or (old.user_id is not null and new.user_id is distinct from old.user_id)
    then
        raise exception 'whose checkout it is stays' using errcode = '23514', constraint = 'checkouts_holder_stays';
    end if;
    -- Which one is current is no part of what is read and edited.
    if to_jsonb(new) - 'is_current' <> to_jsonb(old) - 'is_current' then
        new.version := old.version + 1;
        new.updated_at := now();
    end if;
    return new;
end $$;
create trigger checkouts_guard before update on checkouts for each row execute function guard_checkout();
