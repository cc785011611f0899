-- Like refused.sql, about comments on orders.

-- order_comments_pkey
insert into order_comments (id, order_id, text, created_by) select id, order_id, text, created_by from order_comments;
-- order_comments_order_exists
update order_comments set order_id = gen_random_uuid();
-- order_comments_text_length
update order_comments set text = '';
-- order_comments_created_by_exists
update order_comments set created_by = gen_random_uuid();
