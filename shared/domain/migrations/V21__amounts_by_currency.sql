-- How much can be charged depends on the currency, and is twelve digits at most: `money/table.rs` has the limit of each.
-- Not validated here: each row is within the narrower limits that go, and reading all of them would keep writers out.
alter table products
    drop constraint products_price_range,
    add constraint products_price_range check (price_minor between 0 and 999999999999) not valid;
alter table orders
    drop constraint orders_total_range,
    add constraint orders_total_range check (total_minor between 0 and 999999999999) not valid;
alter table order_lines
    drop constraint order_lines_unit_range,
    add constraint order_lines_unit_range check (unit_minor between 0 and 999999999999) not valid;
