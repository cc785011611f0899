-- Inserts the rows growth.first to growth.last of a shop with a history: for each number a product and an order, with their
-- dependent rows. Triggers are off, since they would run for each row; what they would write is inserted here. Constraints and
-- indexes are active, and the invariants are checked afterwards. Ids sort by time, like UUIDv7.
set session_replication_role = replica;

create or replace function pg_temp.id(kind int, n int) returns uuid language sql immutable as $$
    select (lpad(to_hex(1700000000000 + n * 10000::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
            || '8' || lpad(to_hex(n), 15, '0'))::uuid
$$;
create or replace function pg_temp.at(n int) returns timestamptz language sql immutable as $$
    select to_timestamp(1700000000 + n * 10)
$$;
-- The buyer of order n: one for every 50 orders.
create or replace function pg_temp.buyer(n int) returns uuid language sql immutable as $$
    select pg_temp.id(1, n - n % 50)
$$;
create or replace view pg_temp.numbers as
    select n from generate_series(current_setting('growth.first')::int, current_setting('growth.last')::int) n;

--table users
insert into users (id, email, email_norm, password_hash, created_at, email_verified_at)
select pg_temp.id(1, n), n || '@growth.example', n || '@growth.example', '$argon2id$v=19$m=8,t=1,p=1$' || repeat('A', 66), pg_temp.at(n),
       pg_temp.at(n)
from generate_series(current_setting('growth.first')::int - 1, current_setting('growth.last')::int) n
where n % 50 = 0
on conflict do nothing;

--table orders
insert into orders (id, user_id, status, currency, subtotal_minor, total_minor, captured_minor, version, created_at, updated_at,
                    close_at, expires_at, cancelled_at, cancel_reason, shipped_at, carrier)
select pg_temp.id(2, n), pg_temp.buyer(n), status, 'EUR', price, price,
       case when status in ('confirmed', 'shipped') then price else 0 end,
       case status when 'pending' then 1 when 'shipped' then 3 else 2 end, pg_temp.at(n), pg_temp.at(n), pg_temp.at(n),
       case status when 'pending' then now() + interval '1 day' end,
       case status when 'cancelled' then pg_temp.at(n) end, case status when 'cancelled' then 'expired' end,
       case status when 'shipped' then pg_temp.at(n) end, case status when 'shipped' then 'DHL' end
from pg_temp.numbers,
     lateral (select case when n % 1000 = 7 then 'pending' when n % 10 = 0 then 'cancelled'
                          when n % 50 = 1 then 'confirmed' else 'shipped' end, 500 * (1 + n % 2)) as made (status, price);

--table order_lines
insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor)
select pg_temp.id(2, n), pg_temp.id(3, first + (n * 7 + line) % (last - first + 1)), 'SKU', 'Thing', 'EUR', 1, 500
from pg_temp.numbers, generate_series(0, n % 2) line,
     (select current_setting('growth.first')::int, current_setting('growth.last')::int) as range (first, last);

--table order_history
insert into order_history (order_id, version, from_status, to_status, actor, at)
select o.id, step.version, step.from_status, step.to_status, case step.version when 1 then o.user_id end, o.created_at
from pg_temp.numbers join orders o on o.id = pg_temp.id(2, n),
     lateral (values (1, null, 'pending', true),
                     (2, 'pending', 'cancelled', o.status = 'cancelled'),
                     (2, 'pending', 'confirmed', o.status in ('confirmed', 'shipped')),
                     (3, 'confirmed', 'shipped', o.status = 'shipped')) as step (version, from_status, to_status, took)
where step.took;

--table payments
insert into payments (id, order_id, currency, provider_pi, amount_minor, status, created_at)
select pg_temp.id(4, n), o.id, 'EUR', 'pi_growth' || n, o.total_minor, 'succeeded', o.created_at
from pg_temp.numbers join orders o on o.id = pg_temp.id(2, n) where o.captured_minor > 0;

--table ledger
insert into ledger (order_id, kind, amount_minor, source, source_id, entered_at)
select o.id, 'captured', o.total_minor, 'stripe', 'pi_growth' || n, o.created_at
from pg_temp.numbers join orders o on o.id = pg_temp.id(2, n) where o.captured_minor > 0;

--table products
with sold as (
    select l.product_id, sum(l.quantity) filter (where o.status = 'shipped') as gone,
           sum(l.quantity) filter (where o.status in ('pending', 'confirmed')) as held
    from pg_temp.numbers join orders o on o.id = pg_temp.id(2, n) join order_lines l on l.order_id = o.id
    group by l.product_id
)
insert into products (id, sku, name, description, price_minor, currency, on_hand, reserved, created_at, updated_at)
select pg_temp.id(3, n), 'GROWN-' || n,
       (array['Red', 'Blue', 'Green'])[1 + n % 3] || ' '
       || (array['mug', 'pot', 'lamp', 'chair', 'book', 'scarf', 'clock'])[1 + n % 7] || ' ' || translate(md5(n::text), '0123456789', 'ghijklmnop'),
       'What it is for is told in words such as word' || n % 500, 100 + n % 5000, 'EUR',
       1000000 - coalesce(gone, 0), coalesce(held, 0), pg_temp.at(n), pg_temp.at(n)
from pg_temp.numbers left join sold on product_id = pg_temp.id(3, n);

--table stock_moves
insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta, moved_at)
select pg_temp.id(3, n), 'created', 'created', 1000000, 0, pg_temp.at(n) from pg_temp.numbers
union all
select l.product_id, step.source, 'ord_' || replace(o.id::text, '-', ''), step.on_hand, step.reserved, o.created_at
from pg_temp.numbers join orders o on o.id = pg_temp.id(2, n) join order_lines l on l.order_id = o.id,
     lateral (values ('order_placed', 0, 1, true),
                     ('order_cancelled', 0, -1, o.status = 'cancelled'),
                     ('order_shipped', -1, -1, o.status = 'shipped')) as step (source, on_hand, reserved, took)
where step.took;
