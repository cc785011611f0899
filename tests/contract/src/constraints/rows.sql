-- At least one row of every table, as the application would have written it.
insert into users (id, email, email_norm, password_hash, role) values
    ('00000000-0000-7000-8000-00000000000a', 'Ada@example.com', 'ada@example.com', '$argon2id$none', 'admin'),
    ('00000000-0000-7000-8000-00000000000b', 'Bob@example.com', 'bob@example.com', '$argon2id$none', 'customer');

insert into refresh_tokens (hash, family, user_id, expires_at, family_expires_at) values
    (decode(repeat('ab', 32), 'hex'), '00000000-0000-7000-8000-0000000000f1',
     '00000000-0000-7000-8000-00000000000b', now() + interval '7 days', now() + interval '30 days');

insert into links (id, user_id, purpose, hash, expires_at) values
    ('00000000-0000-7000-8000-0000000000e1', '00000000-0000-7000-8000-00000000000b',
     'verify', decode(repeat('cd', 32), 'hex'), now() + interval '24 hours');

insert into rate_buckets (bucket, tokens) values ('login:1', 5);
insert into sign_in_places (place) values (decode(repeat('ef', 32), 'hex'));

insert into categories (id, parent_id, name) values
    ('00000000-0000-7000-8000-0000000000c1', null, 'Kitchen'),
    ('00000000-0000-7000-8000-0000000000c2', '00000000-0000-7000-8000-0000000000c1', 'Mugs'),
    ('00000000-0000-7000-8000-0000000000c3', '00000000-0000-7000-8000-0000000000c2', 'Large mugs');

insert into products (id, sku, name, price_minor, currency, on_hand, reserved) values
    ('00000000-0000-7000-8000-0000000000d1', 'MUG', 'Mug', 500, 'EUR', 5, 2),
    ('00000000-0000-7000-8000-0000000000d2', 'CUP', 'Cup', 500, 'USD', 5, 0),
    ('00000000-0000-7000-8000-0000000000d3', 'POT', 'Pot', 500, 'EUR', 5, 0);

insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
    select id, 'created', 'created', 5, 0 from products;

insert into inventory_sources (product_id, source, sequence) values ('00000000-0000-7000-8000-0000000000d1', 'north', 7);

insert into stock_discrepancies (product_id, source, sequence, counted, reserved) values
    ('00000000-0000-7000-8000-0000000000d1', 'north', 7, 1, 2);

insert into orders (id, user_id, currency, subtotal_minor, total_minor, expires_at) values
    ('00000000-0000-7000-8000-0000000000e1', '00000000-0000-7000-8000-00000000000b', 'EUR', 1000, 1000, now() + interval '1 hour');

insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor) values
    ('00000000-0000-7000-8000-0000000000e1', '00000000-0000-7000-8000-0000000000d1', 'MUG', 'Mug', 'EUR', 2, 500);

insert into fulfillments (id, order_id, status, created_by) values
    ('00000000-0000-7000-8000-0000000000f5', '00000000-0000-7000-8000-0000000000e1', 'packed', '00000000-0000-7000-8000-00000000000a');
insert into fulfillment_lines (fulfillment_id, product_id, quantity) values
    ('00000000-0000-7000-8000-0000000000f5', '00000000-0000-7000-8000-0000000000d1', 1);

insert into returns (id, order_id, status, note, requested_by) values
    ('00000000-0000-7000-8000-0000000000b1', '00000000-0000-7000-8000-0000000000e1', 'requested', 'Too small.', '00000000-0000-7000-8000-00000000000b');
insert into return_lines (return_id, product_id, quantity) values
    ('00000000-0000-7000-8000-0000000000b1', '00000000-0000-7000-8000-0000000000d1', 1);

insert into order_comments (id, order_id, text, created_by) values
    ('00000000-0000-7000-8000-0000000000c6', '00000000-0000-7000-8000-0000000000e1', 'She called.', '00000000-0000-7000-8000-00000000000a');

insert into order_taxes (order_id, country, region, component, label, rate_ppm, base_minor, tax_minor, included) values
    ('00000000-0000-7000-8000-0000000000e1', 'DE', '', 'tax', 'MwSt', 0, 1000, 0, true);

insert into idempotency_keys (user_id, key, method, route, fingerprint, response_status, response_body) values
    ('00000000-0000-7000-8000-00000000000b', 'sixteen-letters!', 'POST', '/v1/orders',
     decode(repeat('ab', 32), 'hex'), 201, '{}');

insert into payments (id, order_id, currency, provider_pi, amount_minor, status) values
    ('00000000-0000-7000-8000-000000000091', '00000000-0000-7000-8000-0000000000e1', 'EUR', 'pi_1', 1000, 'processing'),
    ('00000000-0000-7000-8000-000000000092', '00000000-0000-7000-8000-0000000000e1', 'EUR', 'pi_2', 1000, 'canceled');

insert into checkout_sessions (payment_id, provider_session, success_url, cancel_url, expires_at)
    select id, 'cs_' || right(provider_pi, 1), 'https://shop.example/', 'https://shop.example/', now() + interval '35 minutes'
    from payments;

insert into refunds (id, payment_id, provider_refund, amount_minor, status, origin) values
    ('00000000-0000-7000-8000-000000000081', '00000000-0000-7000-8000-000000000091', 're_1', 400, 'succeeded', 'late_payment'),
    ('00000000-0000-7000-8000-000000000082', '00000000-0000-7000-8000-000000000091', 're_2', 400, 'succeeded', 'api');

insert into refund_lines (refund_id, product_id, quantity)
    select '00000000-0000-7000-8000-000000000082', product_id, 1 from order_lines limit 1;

insert into disputes (id, payment_id, provider_dispute, amount_minor, currency, reason, status, told_at) values
    ('00000000-0000-7000-8000-0000000000a1', '00000000-0000-7000-8000-000000000091', 'dp_1', 1000, 'EUR', 'fraudulent',
     'needs_response', now());

insert into fraud_warnings (id, payment_id, provider, kind, reason) values
    ('00000000-0000-7000-8000-0000000000a2', '00000000-0000-7000-8000-000000000091', 'issfr_1', 'early_fraud_warning',
     'made_with_stolen_card');

insert into ledger (order_id, kind, amount_minor, source, source_id) values
    ('00000000-0000-7000-8000-0000000000e1', 'captured', 1000, 'stripe', 'pi_1');

insert into stripe_events (event_id, type, object_id, created, livemode, raw) values
    ('evt_1', 'payment_intent.succeeded', 'pi_1', now(), false, '{}');

insert into reconciliations (id) values ('00000000-0000-7000-8000-0000000000f9');
insert into reconciliation_findings (reconciliation_id, kind, subject, ours, told, healed) values
    ('00000000-0000-7000-8000-0000000000f9', 'payment_behind', 'pi_1', 'processing', 'succeeded', true);

insert into outbox (topic, dedupe_key, payload) values ('mail', 'order_placed:1', '{}');
insert into inbox (consumer, message_key) values ('sync-inventory', 'north:MUG:7');
insert into emails (dedupe_key, kind, status, claim_token, claimed_until) values
    ('order_placed:1', 'order_placed', 'claimed', '00000000-0000-7000-8000-000000000071', now() + interval '1 minute');

insert into tax_countries (country, prices_include_tax, shipping_rule) values ('DE', true, 'follow'), ('US', false, 'own');
insert into tax_rates (country, category, rate_ppm, label, valid_from)
    values ('DE', 'standard', 190000, 'MwSt', now() + interval '1 hour');
insert into tax_exemptions (user_id, country, certificate, valid_from, created_by) values
    ('00000000-0000-7000-8000-00000000000b', 'US', 'R-1234', now(), '00000000-0000-7000-8000-00000000000a');

insert into shipping_methods (id, name, currency, basis, zones) values
    ('00000000-0000-7000-8000-000000000051', 'Parcel', 'KWD', 'weight',
     '[{"country": "DE", "region": "", "postal_prefix": "1", "tiers": [{"from": 0, "price_minor": 490}, {"from": 31500, "price_minor": null}]}]');

insert into discounts (id, title, code, target, kind, percent_bp, max_uses, used) values
    ('00000000-0000-7000-8000-000000000061', 'Welcome', 'WELCOME', 'order', 'percent', 1000, 10, 1);
begin;
insert into discount_uses (discount_id, order_id, code, title, target, amount_minor, buyer, nth) values
    ('00000000-0000-7000-8000-000000000061', '00000000-0000-7000-8000-0000000000e2', 'WELCOME', 'Welcome', 'order', 100,
     decode(repeat('ab', 32), 'hex'), 1);
with placed as (
    insert into orders (id, user_id, currency, subtotal_minor, discount_minor, total_minor, expires_at) values
        ('00000000-0000-7000-8000-0000000000e2', '00000000-0000-7000-8000-00000000000b', 'EUR', 1100, 100, 1000,
         now() + interval '1 hour')
    returning id
)
insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor, discount_minor)
    select id, '00000000-0000-7000-8000-0000000000d3', 'POT', 'Pot', 'EUR', 1, 1100, 100 from placed;
commit;

insert into checkouts (id, user_id, secret_hash, is_current, currency, products, quantities, shown_minor, expires_at) values
    ('00000000-0000-7000-8000-0000000000a1', '00000000-0000-7000-8000-00000000000b', null, true, 'EUR',
     '{00000000-0000-7000-8000-0000000000d1}', '{2}', '{500}', now() + interval '90 days'),
    ('00000000-0000-7000-8000-0000000000a2', null, decode(repeat('12', 32), 'hex'), false, null,
     '{}', '{}', '{}', now() + interval '7 days');

insert into order_guests (order_id, email, email_norm, origin)
    select id, 'Ann@example.com', 'ann@example.com', 7 from orders order by id limit 1;

insert into audit_log (actor, entity_type, entity, action, after) values
    ('00000000-0000-7000-8000-00000000000a', 'category', 'cat_000000000000700080000000000000c1', 'created', '{"name": "Cups"}');

insert into acknowledgements (kind, subject, state, reason, created_by) values
    ('parked_stripe_event', 'evt_1', 'unreadable@1', 'Of another shop', '00000000-0000-7000-8000-00000000000a');

insert into order_edits (order_id, version, total_before_minor, total_minor, actor)
    select id, 0, 900, total_minor, user_id from orders where discount_minor = 0;
