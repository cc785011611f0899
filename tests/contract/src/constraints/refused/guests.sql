-- Like refused.sql, about guests.

-- order_guests_once
insert into order_guests select * from order_guests;
-- order_guests_of_order
update order_guests set order_id = gen_random_uuid();
-- order_guests_email_length
update order_guests set email = 'a@';
-- order_guests_origin_range
update order_guests set origin = 65536;
-- order_guests_link_epoch_range
update order_guests set link_epoch = 0;
-- orders_have_a_buyer
alter table orders disable trigger orders_totals_its_lines;
insert into orders (id, user_id, currency, subtotal_minor, total_minor, expires_at)
    values (gen_random_uuid(), null, 'EUR', 1000, 1000, now() + interval '1 hour');
