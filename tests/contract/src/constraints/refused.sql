-- For each constraint, by its name, a statement that violates it and nothing else. `a: b` if the error names b.

-- categories_pkey
update categories set id = '00000000-0000-7000-8000-0000000000c1' where name = 'Large mugs';
-- categories_parent_exists
update categories set parent_id = gen_random_uuid() where name = 'Mugs';
-- categories_name_length
update categories set name = '';
-- categories_name_taken
insert into categories (id, name) values (gen_random_uuid(), 'KITCHEN');
-- categories_not_own_parent
insert into categories (id, parent_id, name) values
    ('00000000-0000-7000-8000-0000000000c9', '00000000-0000-7000-8000-0000000000c9', 'Ouroboros');
-- categories_are_a_tree
update categories set parent_id = '00000000-0000-7000-8000-0000000000c3' where name = 'Kitchen';

-- products_pkey
update products set id = '00000000-0000-7000-8000-0000000000d2' where sku = 'POT';
-- products_id_currency
alter table products drop constraint products_pkey cascade;
update products set id = '00000000-0000-7000-8000-0000000000d1' where sku = 'POT';
-- products_sku_shape
update products set sku = ' MUG' where sku = 'MUG';
-- products_sku_taken
update products set sku = 'CUP' where sku = 'POT';
-- products_name_length
update products set name = '';
-- products_description_length
update products set description = repeat('x', 5001);
-- products_category_exists
update products set category_id = gen_random_uuid();
-- products_price_range
update products set price_minor = 1000000000000;
-- products_currency_shape
update products set currency = 'eur' where sku = 'POT';
-- products_on_hand_not_negative
update products set on_hand = -1, reserved = -1 where sku = 'POT';
-- products_reserved_not_negative
update products set reserved = -1;
-- products_never_oversold
update products set reserved = on_hand + 1;
-- products_metadata_is_object
update products set metadata = '[]';
-- products_metadata_size
update products set metadata = jsonb_build_object('x', repeat('x', 16384));
-- products_status_known
update products set status = 'lost';
-- products_low_stock_threshold_range
update products set low_stock_threshold = -1;
-- products_low_stock_crossings_not_negative
update products set low_stock_crossings = -1;
-- stock_moves_once
insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
    select product_id, source, source_id, on_hand_delta, reserved_delta from stock_moves;
-- stock_moves_move_id_taken
insert into stock_moves (move_id, product_id, source, source_id, on_hand_delta, reserved_delta) overriding system value
    select move_id, product_id, source, 'again', on_hand_delta, reserved_delta from stock_moves;
-- stock_moves_reason_known
update stock_moves set source = 'adjustment', actor = '00000000-0000-7000-8000-00000000000a', reason = 'stolen';
-- stock_moves_note_length
update stock_moves set note = '';
-- stock_moves_actor_exists
update stock_moves set actor = gen_random_uuid();
-- stock_moves_adjustment_is_signed
update stock_moves set source = 'adjustment', reason = 'lost';
-- stock_moves_source_length
update stock_moves set source = '';
-- stock_moves_source_id_length
update stock_moves set source_id = repeat('x', 101);
-- stock_moves_product_id_fkey
update stock_moves set product_id = gen_random_uuid();
-- stock_moves_moves_something
update stock_moves set on_hand_delta = 0;
-- inventory_sources_pkey
insert into inventory_sources select * from inventory_sources;
-- inventory_sources_source_length
update inventory_sources set source = '';
-- inventory_sources_sequence_not_negative
update inventory_sources set sequence = -1;
-- inventory_sources_product_id_fkey
update inventory_sources set product_id = gen_random_uuid();
-- inventory_sources_counted_at_finite
update inventory_sources set counted_at = 'infinity';
-- stock_discrepancies_once
insert into stock_discrepancies (product_id, source, sequence, counted, reserved)
    select product_id, source, sequence, counted, reserved from stock_discrepancies;
-- stock_discrepancies_discrepancy_id_taken
insert into stock_discrepancies (discrepancy_id, product_id, source, sequence, counted, reserved) overriding system value
    select discrepancy_id, product_id, 'south', sequence, counted, reserved from stock_discrepancies;
-- stock_discrepancies_of_sku_once
insert into stock_discrepancies (source, sequence, sku, counted, reserved) values ('south', 1, 'GONE', 1, 0), ('south', 1, 'GONE', 1, 0);
-- stock_discrepancies_of_a_product
update stock_discrepancies set product_id = null;
-- stock_discrepancies_reason_known
update stock_discrepancies set reason = 'because';
-- stock_discrepancies_counted_not_negative
update stock_discrepancies set counted = -1;
-- stock_discrepancies_product_id_fkey
update stock_discrepancies set product_id = gen_random_uuid();
-- orders_pkey
insert into orders select * from orders;
-- orders_id_currency
alter table orders drop constraint orders_pkey cascade;
insert into orders select * from orders;
-- orders_user_id_fkey
alter table orders disable trigger orders_guard;
update orders set user_id = gen_random_uuid();
-- orders_status_known
alter table orders disable trigger orders_guard;
update orders set status = 'lost', expires_at = null;
-- orders_currency_shape
alter table orders disable trigger orders_guard;
update orders set currency = 'eur';
-- orders_subtotal_not_negative
alter table orders disable trigger orders_guard;
update orders set subtotal_minor = -1, tax_minor = 1001;
-- orders_discount_not_negative
alter table orders disable trigger orders_guard;
update orders set discount_minor = -1, total_minor = 1001;
-- orders_shipping_not_negative
alter table orders disable trigger orders_guard;
update orders set shipping_minor = -1, tax_minor = 1, shipping_method_id = gen_random_uuid(), shipping_name = 'Parcel';
-- orders_tax_not_negative
alter table orders disable trigger orders_guard;
update orders set tax_minor = -1, total_minor = 999;
-- orders_total_range
alter table orders disable trigger orders_guard;
update orders set subtotal_minor = 1000000000000, total_minor = 1000000000000;
-- orders_total_adds_up
alter table orders disable trigger orders_guard;
update orders set tax_minor = 1;
-- orders_captured_within_total
update orders set captured_minor = 1001;
-- orders_refunded_within_captured
update orders set refunded_minor = 1;
-- orders_confirmed_is_paid
update orders set status = 'confirmed', captured_minor = 999, expires_at = null;
-- orders_pending_expires
update orders set expires_at = null;
-- orders_expires_at_finite
update orders set expires_at = 'infinity';
-- orders_cancelled_has_time
update orders set status = 'cancelled', expires_at = null, cancel_requested_at = now(), cancel_reason = 'requested';
-- orders_cancel_has_reason
update orders set cancel_requested_at = now();
-- orders_cancel_reason_known
update orders set cancel_requested_at = now(), cancel_reason = 'bored';
-- orders_move_is_legal
update orders set status = 'shipped', captured_minor = 1000, expires_at = null;
-- orders_terms_stay
update orders set subtotal_minor = 1, total_minor = 1;
-- orders_totals_its_lines
insert into orders (id, user_id, currency, subtotal_minor, total_minor, expires_at)
    select gen_random_uuid(), user_id, currency, 1000, 1000, expires_at from orders;
-- order_lines_are_totalled: orders_totals_its_lines
update order_lines set quantity = 3;
-- order_lines_product_once
insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor)
    select order_id, product_id, sku, name, currency, quantity, unit_minor from order_lines;
-- order_lines_sku_length
update order_lines set sku = '';
-- order_lines_name_length
update order_lines set name = '';
-- order_lines_quantity_range
update order_lines set quantity = 0;
-- order_lines_unit_range
update order_lines set unit_minor = -1;
-- order_lines_currency_of_order
update order_lines set currency = 'USD', product_id = '00000000-0000-7000-8000-0000000000d2';
-- order_lines_currency_of_product
update order_lines set product_id = '00000000-0000-7000-8000-0000000000d2';
-- order_history_pkey
insert into order_history select * from order_history;
-- order_history_order_id_fkey
update order_history set order_id = gen_random_uuid();
-- idempotency_keys_pkey
insert into idempotency_keys select * from idempotency_keys;
-- idempotency_keys_key_shape
update idempotency_keys set key = 'fifteen-letters';
-- idempotency_keys_fingerprint_is_sha256
update idempotency_keys set fingerprint = 'short';
-- idempotency_keys_no_failure_kept
update idempotency_keys set response_status = 500;
-- idempotency_keys_answer_is_whole
update idempotency_keys set response_body = null;
-- payments_pkey
update payments set id = '00000000-0000-7000-8000-000000000091' where provider_pi = 'pi_2';
-- payments_currency_of_order
update payments set currency = 'USD';
-- payments_provider_known
update payments set provider = 'cash';
-- payments_provider_pi_taken
update payments set provider_pi = 'pi_1' where provider_pi = 'pi_2';
-- payments_provider_pi_length
update payments set provider_pi = '' where provider_pi = 'pi_2';
-- payments_amount_positive
update payments set amount_minor = 0;
-- payments_status_known
update payments set status = 'lost';
-- payments_known_at_provider
update payments set provider_pi = null;
-- payments_one_per_order
update payments set status = 'requires_action' where provider_pi = 'pi_2';
-- refunds_pkey
update refunds set id = '00000000-0000-7000-8000-000000000081' where provider_refund = 're_2';
-- refunds_payment_id_fkey
update refunds set payment_id = gen_random_uuid();
-- refunds_provider_refund_taken
update refunds set provider_refund = 're_1' where provider_refund = 're_2';
-- refunds_amount_not_negative
update refunds set amount_minor = -1;
-- refunds_status_known
update refunds set status = 'lost';
-- refunds_origin_known
update refunds set origin = 'heaven';
-- refunds_known_at_provider
update refunds set provider_refund = null;
-- refunds_one_late
update refunds set origin = 'late_payment';
-- refunds_reason_length
update refunds set reason = '';
-- refund_lines_of_refund
update refund_lines set refund_id = gen_random_uuid();
-- refund_lines_of_product
update refund_lines set product_id = gen_random_uuid();
-- refund_lines_quantity_range
update refund_lines set quantity = 0;
-- refund_lines_product_once
insert into refund_lines select * from refund_lines;
-- ledger_pkey
insert into ledger overriding system value
    select entry_id, order_id, 'refunded', amount_minor, source, source_id, entered_at from ledger;
-- ledger_once
insert into ledger (order_id, kind, amount_minor, source, source_id)
    select order_id, kind, 1, source, source_id from ledger;
-- ledger_order_id_fkey
update ledger set order_id = gen_random_uuid();
-- ledger_kind_known
update ledger set kind = 'lost';
-- ledger_amount_positive
update ledger set amount_minor = 0;
-- ledger_source_known
update ledger set source = 'heaven';
-- ledger_source_id_length
update ledger set source_id = '';
-- stripe_events_pkey
insert into stripe_events select * from stripe_events;
-- stripe_events_event_id_shape
update stripe_events set event_id = 'pi_1';
-- stripe_events_type_length
update stripe_events set type = '';
-- stripe_events_object_id_length
update stripe_events set object_id = '';
-- stripe_events_created_finite
update stripe_events set created = 'infinity';
-- stripe_events_raw_size
update stripe_events set raw = decode(repeat('00', 524289), 'hex');
-- stripe_events_parked_reason_length
update stripe_events set parked_reason = '';
-- stripe_events_attempts_not_negative
update stripe_events set attempts = -1;
-- stripe_events_done_or_parked
update stripe_events set processed_at = now(), parked_reason = 'amount_mismatch';
-- outbox_pkey
insert into outbox (id, topic, dedupe_key, payload) overriding system value
    select id, topic, 'another', payload from outbox;
-- outbox_topic_known
update outbox set topic = 'pigeon';
-- outbox_once
insert into outbox (topic, dedupe_key, payload) select topic, dedupe_key, payload from outbox;
-- outbox_dedupe_key_length
update outbox set dedupe_key = '';
-- outbox_attempts_not_negative
update outbox set attempts = -1;
-- inbox_once
insert into inbox select * from inbox;
-- inbox_consumer_length
update inbox set consumer = '';
-- inbox_message_key_length
update inbox set message_key = repeat('x', 256);
-- emails_pkey
insert into emails select * from emails;
-- emails_dedupe_key_length
update emails set dedupe_key = '';
-- emails_status_known
update emails set status = 'lost';
-- emails_sent_has_receipt
update emails set status = 'sent', sent_at = now();
-- emails_failed_has_reason
update emails set status = 'failed';
-- orders_shipped_at_finite
alter table orders disable trigger orders_guard;
update orders set status = 'shipped', captured_minor = 1000, expires_at = null, shipped_at = 'infinity', carrier = 'DHL';
-- orders_carrier_length
alter table orders disable trigger orders_guard;
update orders set status = 'shipped', captured_minor = 1000, expires_at = null, shipped_at = now(), carrier = '';
-- orders_tracking_number_length
alter table orders disable trigger orders_guard;
update orders set status = 'shipped', captured_minor = 1000, expires_at = null, shipped_at = now(), carrier = 'DHL', tracking_number = '';
-- orders_tracking_url_is_https
alter table orders disable trigger orders_guard;
update orders set status = 'shipped', captured_minor = 1000, expires_at = null, shipped_at = now(), carrier = 'DHL', tracking_url = 'http://dhl.example';
-- orders_shipped_has_time
alter table orders disable trigger orders_guard;
update orders set status = 'shipped', captured_minor = 1000, expires_at = null;
-- orders_shipped_has_carrier
alter table orders disable trigger orders_guard;
update orders set status = 'shipped', captured_minor = 1000, expires_at = null, shipped_at = now();
-- orders_tracked_is_shipped
update orders set tracking_number = '1';
-- orders_confirm_reason_length
update orders set confirm_reason = '';
-- orders_note_length
update orders set note = '';
-- orders_ship_to_name_length
update orders set ship_to_name = '', ship_to_line1 = 'b', ship_to_postal_code = 'c', ship_to_city = 'd', ship_to_country = 'DE';
-- orders_ship_to_company_length
update orders set ship_to_name = 'a', ship_to_company = '', ship_to_line1 = 'b', ship_to_city = 'd', ship_to_country = 'DE';
-- orders_ship_to_line1_length
update orders set ship_to_name = 'a', ship_to_line1 = '', ship_to_postal_code = 'c', ship_to_city = 'd', ship_to_country = 'DE';
-- orders_ship_to_line2_length
update orders set ship_to_name = 'a', ship_to_line1 = 'b', ship_to_line2 = '', ship_to_postal_code = 'c', ship_to_city = 'd', ship_to_country = 'DE';
-- orders_ship_to_postal_code_length
update orders set ship_to_name = 'a', ship_to_line1 = 'b', ship_to_postal_code = '', ship_to_city = 'd', ship_to_country = 'DE';
-- orders_ship_to_city_length
update orders set ship_to_name = 'a', ship_to_line1 = 'b', ship_to_postal_code = 'c', ship_to_city = '', ship_to_country = 'DE';
-- orders_ship_to_region_length
update orders set ship_to_name = 'a', ship_to_line1 = 'b', ship_to_city = 'd', ship_to_region = '', ship_to_country = 'DE';
-- orders_ship_to_phone_shape
update orders set ship_to_name = 'a', ship_to_line1 = 'b', ship_to_city = 'd', ship_to_country = 'DE', ship_to_phone = 'ring';
-- orders_ship_to_country_shape
update orders set ship_to_name = 'a', ship_to_line1 = 'b', ship_to_postal_code = 'c', ship_to_city = 'd', ship_to_country = 'de';
-- orders_ship_to_is_whole
update orders set ship_to_name = 'a';
-- order_history_actor_exists
update order_history set actor = gen_random_uuid();
-- order_changes_once
insert into order_changes (order_id, version, what) select id, 1, 'edited' from orders;
insert into order_changes (order_id, version, what) select id, 1, 'edited' from orders;
-- order_changes_order_exists
insert into order_changes (order_id, version, what) values (gen_random_uuid(), 1, 'edited');
-- order_changes_what_known
insert into order_changes (order_id, version, what) select id, 1, 'lost' from orders;
-- order_changes_actor_exists
insert into order_changes (order_id, version, what, actor) select id, 1, 'edited', gen_random_uuid() from orders;
