-- Like refused.sql, about parcels.

-- fulfillments_pkey
insert into fulfillments (id, order_id, status) select id, order_id, status from fulfillments;
-- fulfillments_order_exists
insert into fulfillments (id, order_id, status) values (gen_random_uuid(), gen_random_uuid(), 'packed');
-- fulfillments_status_known
update fulfillments set status = 'lost';
-- fulfillments_carrier_length
update fulfillments set status = 'shipped', shipped_at = now(), carrier = '';
-- fulfillments_tracking_number_length
update fulfillments set status = 'shipped', shipped_at = now(), carrier = 'DHL', tracking_number = '';
-- fulfillments_tracking_url_is_https
update fulfillments set status = 'shipped', shipped_at = now(), carrier = 'DHL', tracking_url = 'http://a.example/';
-- fulfillments_created_by_exists
update fulfillments set created_by = gen_random_uuid();
-- fulfillments_shipped_by_exists
update fulfillments set shipped_by = gen_random_uuid();
-- fulfillments_cancelled_by_exists
update fulfillments set cancelled_by = gen_random_uuid();
-- fulfillments_shipped_has_time
update fulfillments set status = 'shipped', carrier = 'DHL';
-- fulfillments_shipped_has_carrier
update fulfillments set status = 'shipped', shipped_at = now();
-- fulfillments_tracked_is_shipped
update fulfillments set tracking_number = '1Z';
-- fulfillments_cancelled_has_time
update fulfillments set status = 'cancelled';
-- fulfillments_move_is_legal
update fulfillments set status = 'shipped', shipped_at = now(), carrier = 'DHL';
update fulfillments set status = 'packed', shipped_at = null, carrier = null;
-- fulfillments_stay
update fulfillments set order_id = '00000000-0000-7000-8000-0000000000e2';
-- fulfillment_lines_of_fulfillment
insert into fulfillment_lines (fulfillment_id, product_id, quantity)
    select gen_random_uuid(), product_id, quantity from fulfillment_lines;
-- fulfillment_lines_of_product
update fulfillment_lines set product_id = gen_random_uuid();
-- fulfillment_lines_quantity_range
update fulfillment_lines set quantity = 0;
-- fulfillment_lines_product_once
insert into fulfillment_lines select * from fulfillment_lines;
-- order_lines_fulfilled_within_quantity
update order_lines set fulfilled = 1, removed = 2;
-- orders_shipped_in_full
update orders set status = 'confirmed', captured_minor = total_minor, expires_at = null;
update order_lines set fulfilled = 1, shipped = 1;
update orders set status = 'shipped', shipped_at = now(), carrier = 'DHL' where id = '00000000-0000-7000-8000-0000000000e1';
-- orders_cancelled_without_parcels
update order_lines set fulfilled = 1;
update orders set status = 'cancelled', cancelled_at = now(), cancel_reason = 'requested', expires_at = null;
-- stock_moves_free_what_is_reserved
update order_lines set removed = 1;
insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
    select product_id, 'order_cancelled', 'ord_' || replace(order_id::text, '-', ''), 0, -quantity from order_lines
    where quantity = 2;
