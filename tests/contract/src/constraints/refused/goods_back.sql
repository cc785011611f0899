-- Like refused.sql, about returns.

-- returns_pkey
insert into returns (id, order_id, status) select id, order_id, status from returns;
-- returns_order_exists
insert into returns (id, order_id, status) values (gen_random_uuid(), gen_random_uuid(), 'requested');
-- returns_status_known
insert into returns (id, order_id, status, decided_at) select gen_random_uuid(), order_id, 'lost', now() from returns;
-- returns_note_length
update returns set note = '';
-- returns_instructions_length
update returns set status = 'approved', decided_at = now(), instructions = '';
-- returns_reason_length
update returns set status = 'rejected', decided_at = now(), reason = '';
-- returns_requested_by_exists
update returns set requested_by = gen_random_uuid();
-- returns_decided_by_exists
update returns set decided_by = gen_random_uuid();
-- returns_received_by_exists
update returns set received_by = gen_random_uuid();
-- returns_cancelled_by_exists
update returns set cancelled_by = gen_random_uuid();
-- returns_decided_has_time
update returns set status = 'approved';
-- returns_received_has_time
update returns set status = 'approved', decided_at = now();
update returns set status = 'received';
-- returns_cancelled_has_time
update returns set status = 'cancelled';
-- returns_instructed_is_approved
update returns set instructions = 'By post';
-- returns_reason_is_of_rejected
update returns set reason = 'No';
-- returns_move_is_legal
update returns set status = 'received', decided_at = now(), received_at = now();
-- returns_stay
update returns set order_id = '00000000-0000-7000-8000-0000000000e2';
-- return_lines_of_return
insert into return_lines (return_id, product_id, quantity) select gen_random_uuid(), product_id, quantity from return_lines;
-- return_lines_of_product
update return_lines set product_id = gen_random_uuid();
-- return_lines_quantity_range
update return_lines set quantity = 0;
-- return_lines_condition_known
update return_lines set received = 1, condition = 'lost';
-- return_lines_product_once
insert into return_lines select * from return_lines;
-- return_lines_received_within_quantity
update return_lines set received = 2, condition = 'new';
-- return_lines_restocked_within_received
update return_lines set received = 1, condition = 'new', restocked = 2;
-- return_lines_received_has_condition
update return_lines set received = 1;
-- return_lines_received_once
update return_lines set received = 0;
update return_lines set received = 1, condition = 'new';
-- order_lines_in_returns_within_quantity
update order_lines set in_returns = 3;
-- order_lines_come_back_once
update order_lines set in_returns = 1;
-- refunds_return_exists
update refunds set return_id = gen_random_uuid();
-- refunds_return_of_order
insert into returns (id, order_id, status)
    values ('00000000-0000-7000-8000-0000000000b2', '00000000-0000-7000-8000-0000000000e2', 'requested');
update refunds set return_id = '00000000-0000-7000-8000-0000000000b2';
-- refund_lines_of_return_restock_nothing
update order_lines set fulfilled = 1, shipped = 1;
update refunds set return_id = '00000000-0000-7000-8000-0000000000b1';
insert into refund_lines (refund_id, product_id, quantity, restocked)
    select '00000000-0000-7000-8000-000000000081', product_id, 1, 1 from order_lines where quantity = 2;
-- refund_lines_within_return
update refunds set return_id = '00000000-0000-7000-8000-0000000000b1';
insert into refund_lines (refund_id, product_id, quantity)
    select '00000000-0000-7000-8000-000000000081', product_id, 1 from order_lines where quantity = 2;
-- shop_pricing_return_window_range
update shop_pricing set return_window_days = 0;
