-- 100,000 products, 100,000 orders of 2,000 buyers with their lines and payments, and 20,000 rows in the other large tables.
-- Triggers are off, because they would run once per row; the rows that they would write are inserted here.
begin;
set local session_replication_role = replica;

create function pg_temp.key(of text, n int) returns uuid language sql immutable as $$
    select md5(of || n)::uuid
$$;

insert into users (id, email, email_norm, password_hash)
select pg_temp.key('user', n), n || '@example.com', n || '@example.com', '$argon2id$v=19$m=8,t=1,p=1$' || repeat('A', 66)
from generate_series(1, 20000) n;

insert into categories (id, name) select pg_temp.key('category', n), 'Category ' || n from generate_series(1, 50) n;

insert into products (id, sku, name, description, price_minor, currency, on_hand, reserved, category_id, status, created_at)
select pg_temp.key('product', n), 'SKU-' || n, (array['Red', 'Blue', 'Green'])[1 + n % 3] || ' thing ' || n,
       'What it is for is told in words such as word' || n % 500, 100 + n % 5000, 'EUR', 100, 0,
       pg_temp.key('category', 1 + n % 50), (array['active', 'active', 'active', 'draft', 'archived'])[1 + n % 5],
       now() - n * interval '1 minute'
from generate_series(1, 100000) n;

insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
select pg_temp.key('product', n), 'created', 'created', 100, 0 from generate_series(1, 100000) n;

insert into orders (id, user_id, status, currency, subtotal_minor, total_minor, captured_minor, created_at, expires_at,
                    cancelled_at, cancel_reason, shipped_at, carrier)
select pg_temp.key('order', n), pg_temp.key('user', 1 + n % 2000), status, 'EUR', 1000, 1000,
       case when status in ('confirmed', 'shipped') then 1000 else 0 end, now() - n * interval '1 minute',
       case status when 'pending' then now() + interval '30 minutes' end,
       case status when 'cancelled' then now() end, case status when 'cancelled' then 'expired' end,
       case status when 'shipped' then now() end, case status when 'shipped' then 'DHL' end
from generate_series(1, 100000) n,
     lateral (select case when n % 1000 = 0 then 'pending' when n % 10 = 0 then 'cancelled'
                          when n % 50 = 1 then 'confirmed' else 'shipped' end) as s (status);

insert into order_history (order_id, version, to_status)
select id, 1, status from orders;

insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor)
select pg_temp.key('order', n), pg_temp.key('product', 1 + (n * 7 + line) % 100000), 'SKU', 'Thing', 'EUR', 1, 500
from generate_series(1, 100000) n, generate_series(1, 2) line;

insert into payments (id, order_id, currency, provider_pi, amount_minor, status)
select pg_temp.key('payment', n), pg_temp.key('order', n), 'EUR', 'pi_' || n, 1000,
       case when n % 10 = 0 then 'canceled' else 'succeeded' end
from generate_series(1, 100000) n;

insert into refunds (id, payment_id, provider_refund, amount_minor, status, origin)
select pg_temp.key('refund', n), pg_temp.key('payment', n), 're_' || n, 100, 'succeeded', 'api'
from generate_series(1, 20000) n;

insert into ledger (order_id, kind, amount_minor, source, source_id)
select pg_temp.key('order', n), 'captured', 1000, 'stripe', 'pi_' || n from generate_series(1, 100000) n where n % 10 <> 0;

insert into stripe_events (event_id, type, object_id, created, livemode, raw, minimized, received_at, processed_at)
select 'evt_' || n, 'payment_intent.succeeded', 'pi_' || n, now(), false, '{}', true, now() - n * interval '1 minute', now()
from generate_series(1, 20000) n;

insert into checkouts (id, user_id, status, expires_at, created_at)
select pg_temp.key('checkout', n), pg_temp.key('user', 1 + n % 20000), case when n % 3 = 0 then 'cancelled' else 'open' end,
       now() + n * interval '1 minute', now() - n * interval '1 minute'
from generate_series(1, 20000) n;

insert into audit_log (actor, entity_type, entity, action, before, after, seq, at, previous_hash, hash)
select pg_temp.key('user', 1 + n % 20), 'product', 'prod_' || n % 1000, 'changed', '{}', '{}', n, now() + n * interval '1 second', '', ''
from generate_series(1, 20000) n;

insert into outbox (topic, dedupe_key, payload, created_at, sent_at)
select 'mail', 'order_placed:' || n, '{}', now() - n * interval '1 minute', now() - n * interval '1 minute'
from generate_series(1, 20000) n;

insert into emails (dedupe_key, kind, status, claim_token, claimed_until, ses_message_id, sent_at, created_at)
select 'order_placed:' || n, 'order_placed', 'sent', pg_temp.key('claim', n), now(), 'ses', now(), now() - n * interval '1 minute'
from generate_series(1, 20000) n;

insert into idempotency_keys (user_id, key, method, route, fingerprint, response_status, response_body, created_at)
select pg_temp.key('user', 1 + n % 2000), 'the key of order ' || n, 'POST', '/v1/orders', sha256('x'), 201, '{}',
       now() - n * interval '1 minute'
from generate_series(1, 20000) n;

insert into refresh_tokens (hash, family, user_id, expires_at, family_expires_at)
select sha256(n::text::bytea), pg_temp.key('family', n), pg_temp.key('user', 1 + n % 20000), now() + interval '1 day',
       now() + interval '30 days'
from generate_series(1, 20000) n;
commit;
analyze;
