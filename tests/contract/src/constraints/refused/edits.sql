-- Like refused.sql, about edits of orders.

-- order_edits_once
insert into order_edits (order_id, version, total_before_minor, total_minor)
select order_id, version, total_before_minor, total_minor from order_edits;
-- order_edits_order_exists
update order_edits set order_id = gen_random_uuid();
-- order_edits_actor_exists
update order_edits set actor = gen_random_uuid();
-- order_edits_totals_not_negative
update order_edits set total_before_minor = -1;
-- order_edits_applied
insert into order_edits (order_id, version, total_before_minor, total_minor)
select id, version, total_minor, total_minor from orders where discount_minor = 0;
-- discount_uses_taken_back: order_discounts_add_up
delete from discount_uses;
-- discount_uses_stay
select take_back_discounts(gen_random_uuid());
-- order_lines_stay
select take_out_lines(id) from orders;
