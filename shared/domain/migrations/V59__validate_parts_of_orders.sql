-- Reads all orders and lines, and keeps nobody from writing them.
set local statement_timeout = '3min';
alter table orders
    validate constraint orders_total_parts_range,
    validate constraint orders_tax_included_within_total,
    validate constraint orders_tax_added_or_included,
    validate constraint orders_shipping_is_named,
    validate constraint orders_shipping_name_length,
    validate constraint orders_shipping_carrier_length,
    validate constraint orders_delivery_window,
    validate constraint orders_weight_not_negative;
alter table order_lines
    validate constraint order_lines_within_price,
    validate constraint order_lines_tax_category_shape,
    validate constraint order_lines_tax_rate_range;
