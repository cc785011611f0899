-- As refused.sql, for what comes back and for what is set right.

-- refund_lines_restocked_within_quantity
update refund_lines set restocked = 2;
-- refund_lines_within_order
insert into refund_lines (refund_id, product_id, quantity)
    select '00000000-0000-7000-8000-000000000081', product_id, 2 from refund_lines;
-- refund_lines_restocked_within_order
update orders set status = 'confirmed', captured_minor = 1000, expires_at = null;
update orders set status = 'shipped', shipped_at = now(), carrier = 'DHL';
update refunds set status = 'failed';
update refund_lines set restocked = 1;
insert into refund_lines (refund_id, product_id, quantity, restocked)
    select '00000000-0000-7000-8000-000000000081', product_id, 2, 2 from refund_lines;
-- refund_lines_came_back
insert into refund_lines (refund_id, product_id, quantity, restocked)
    select '00000000-0000-7000-8000-000000000081', product_id, 1, 1 from refund_lines;
