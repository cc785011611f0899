-- What an order's total is made of, frozen when it is placed. `tax_minor` is what is added to the prices, `tax_included_minor`
-- what they contain; both include the tax of shipping. Orders from before have none of it.
alter table orders
    add column tax_included_minor bigint not null default 0,
    add column shipping_method_id uuid,
    add column shipping_name text,
    add column shipping_carrier text,
    add column shipping_discount_minor bigint not null default 0,
    add column shipping_tax_minor bigint not null default 0,
    add column shipping_tax_included_minor bigint not null default 0,
    add column deliver_from date,
    add column deliver_until date,
    add column weight_grams bigint;
alter table orders
    add constraint orders_total_parts_range check (
        shipping_discount_minor between 0 and least(shipping_minor, discount_minor)
        and shipping_tax_minor between 0 and tax_minor
        and shipping_tax_included_minor between 0 and least(tax_included_minor, shipping_minor - shipping_discount_minor)) not valid,
    add constraint orders_tax_included_within_total check (tax_included_minor between 0 and total_minor) not valid,
    add constraint orders_tax_added_or_included check (tax_minor = 0 or tax_included_minor = 0) not valid,
    add constraint orders_shipping_is_named check (
        (shipping_method_id is null) = (shipping_name is null)
        and (shipping_name is not null or (shipping_minor = 0 and shipping_carrier is null and deliver_from is null))) not valid,
    add constraint orders_shipping_name_length check (char_length(shipping_name) between 1 and 200) not valid,
    add constraint orders_shipping_carrier_length check (char_length(shipping_carrier) between 1 and 100) not valid,
    add constraint orders_delivery_window check (
        (deliver_from is null) = (deliver_until is null) and deliver_from <= deliver_until) not valid,
    add constraint orders_weight_not_negative check (weight_grams >= 0) not valid;

alter table order_lines
    add column discount_minor bigint not null default 0,
    add column tax_minor bigint not null default 0,
    add column tax_included_minor bigint not null default 0,
    add column tax_category text,
    add column tax_rate_ppm integer;
alter table order_lines
    add constraint order_lines_within_price check (
        discount_minor between 0 and line_minor and tax_minor >= 0
        and tax_included_minor between 0 and line_minor - discount_minor
        and (tax_minor = 0 or tax_included_minor = 0)) not valid,
    add constraint order_lines_tax_category_shape check (tax_category ~ '^[a-z0-9][a-z0-9_-]{0,39}$') not valid,
    add constraint order_lines_tax_rate_range check (tax_rate_ppm between 0 and 100000000) not valid;

-- The taxes of an order, one row for each component, place and rate.
create table order_taxes (
    order_id   uuid not null constraint order_taxes_of_order references orders,
    country    text not null constraint order_taxes_country_shape check (country ~ '^[A-Z]{2}$'),
    region     text not null constraint order_taxes_region_length check (char_length(region) <= 100),
    component  text not null constraint order_taxes_component_length check (char_length(component) between 1 and 40),
    label      text not null constraint order_taxes_label_length check (char_length(label) between 1 and 100),
    rate_ppm   integer not null constraint order_taxes_rate_range check (rate_ppm between 0 and 1000000),
    base_minor bigint not null constraint order_taxes_base_not_negative check (base_minor >= 0),
    tax_minor  bigint not null constraint order_taxes_tax_not_negative check (tax_minor >= 0),
    included   boolean not null,
    constraint order_taxes_once primary key (order_id, country, region, component, label, rate_ppm)
);
revoke update on order_taxes from app_rw;
