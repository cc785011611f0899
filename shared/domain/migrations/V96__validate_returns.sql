set local statement_timeout = '3min';
alter table order_lines validate constraint order_lines_in_returns_within_quantity;
alter table refunds validate constraint refunds_return_exists;
alter table shop_pricing validate constraint shop_pricing_return_window_range;
