-- The number of an order, which people read, say and type: ten characters of Crockford's Base32, drawn at random, so that
-- nobody can count orders by it. Orders from before have none. The default is for the release before, which names no number;
-- as a default of the new column itself, it would write all rows anew.
create function order_number() returns text language sql volatile set search_path = pg_catalog, pg_temp as $$
    -- Of a random UUID, the last 56 bits are random.
    select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((bits >> (5 * place)) & 31)::integer + 1, 1), '' order by place)
    from (select ('x' || right(replace(gen_random_uuid()::text, '-', ''), 14))::bit(56)::bigint as bits) drawn,
         generate_series(0, 9) as place
$$;
alter table orders add column number text;
alter table orders
    alter column number set default order_number(),
    -- Without a validation: whatever is there from before has no number.
    add constraint orders_number_shape check (number ~ '^[0-9A-HJKMNP-TV-Z]{10}$') not valid;
