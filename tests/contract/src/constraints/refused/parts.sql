-- Like refused.sql, about the parts of orders and refunds.

-- orders_number_shape
update orders set number = 'K7QF2-9XM4T';
-- orders_number_taken
insert into orders (id, user_id, currency, subtotal_minor, total_minor, expires_at, number)
select gen_random_uuid(), user_id, currency, subtotal_minor, total_minor, expires_at, number from orders;
-- orders_total_parts_range
alter table orders disable trigger orders_guard;
update orders set shipping_discount_minor = 1;
-- orders_tax_included_within_total
alter table orders disable trigger orders_guard;
update orders set tax_included_minor = 1001;
-- orders_tax_added_or_included
alter table orders disable trigger orders_guard;
update orders set tax_minor = 1, tax_included_minor = 1, total_minor = 1001;
-- orders_shipping_is_named
alter table orders disable trigger orders_guard;
update orders set shipping_minor = 1, total_minor = 1001;
-- orders_shipping_name_length
alter table orders disable trigger orders_guard;
update orders set shipping_method_id = gen_random_uuid(), shipping_name = '';
-- orders_shipping_carrier_length
alter table orders disable trigger orders_guard;
update orders set shipping_method_id = gen_random_uuid(), shipping_name = 'Parcel', shipping_carrier = '';
-- orders_delivery_window
alter table orders disable trigger orders_guard;
update orders
set shipping_method_id = gen_random_uuid(), shipping_name = 'Parcel', deliver_from = '2026-12-02', deliver_until = '2026-12-01';
-- orders_weight_not_negative
update orders set weight_grams = -1;
-- orders_taxes_add_up: order_taxes_add_up
delete from order_taxes;
with placed as (
    insert into orders (id, user_id, currency, subtotal_minor, tax_minor, total_minor, expires_at)
    select gen_random_uuid(), user_id, currency, 1000, 190, 1190, expires_at from orders where discount_minor = 0
    returning id, currency
)
insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor, tax_minor)
    select placed.id, product_id, sku, name, placed.currency, quantity, unit_minor, 190 from placed, order_lines
    where discount_minor = 0;
-- order_lines_within_price
alter table order_lines disable trigger order_lines_are_totalled;
update order_lines set discount_minor = 1001;
-- order_lines_tax_category_shape
alter table order_lines disable trigger order_lines_are_totalled;
update order_lines set tax_category = 'Two words';
-- order_lines_tax_rate_range
alter table order_lines disable trigger order_lines_are_totalled;
update order_lines set tax_rate_ppm = -1;
-- order_taxes_once
insert into order_taxes select * from order_taxes;
-- order_taxes_of_order
update order_taxes set order_id = gen_random_uuid();
-- order_taxes_country_shape
update order_taxes set country = 'de';
-- order_taxes_region_length
update order_taxes set region = repeat('x', 101);
-- order_taxes_component_length
update order_taxes set component = '';
-- order_taxes_label_length
update order_taxes set label = '';
-- order_taxes_rate_range
update order_taxes set rate_ppm = 1000001;
-- order_taxes_base_not_negative
update order_taxes set base_minor = -1;
-- order_taxes_tax_not_negative
update order_taxes set tax_minor = -1;
-- order_taxes_add_up
insert into order_taxes
    select order_id, country, region, 'local', label, rate_ppm, base_minor, 1, included from order_taxes;
-- refunds_parts_within_amount
update refunds set tax_minor = 401;
-- refunds_nothing_is_settled
update refunds set amount_minor = 0, tax_minor = 0, status = 'pending';
-- refund_lines_parts_range
update refund_lines set amount_minor = 500;
-- refund_lines_within_paid
insert into refund_lines (refund_id, product_id, quantity, amount_minor, tax_minor, discount_minor)
    select '00000000-0000-7000-8000-000000000081', product_id, 1, 501, 0, 0 from refund_lines;
