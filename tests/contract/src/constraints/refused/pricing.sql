-- Like refused.sql, about what a shop writes about taxes, shipping and discounts.

-- products_tax_category_shape
update products set tax_category = 'Two words';
-- products_weight_range
update products set weight_grams = -1;
-- tax_countries_country_shape
insert into tax_countries values ('de', true, 'follow');
-- tax_countries_shipping_rule_known
update tax_countries set shipping_rule = 'sometimes';
-- tax_countries_once
insert into tax_countries values ('DE', false, 'none');
-- tax_rates_of_country
insert into tax_rates (country, category, rate_ppm, label, valid_from)
    values ('FR', 'reduced', 70000, 'MwSt', now() + interval '1 hour');
-- tax_rates_region_length
insert into tax_rates (country, category, rate_ppm, label, valid_from, region)
    values ('DE', 'reduced', 70000, 'MwSt', now() + interval '1 hour', repeat('x', 101));
-- tax_rates_postal_prefix_shape
insert into tax_rates (country, category, rate_ppm, label, valid_from, postal_prefix)
    values ('DE', 'reduced', 70000, 'MwSt', now() + interval '1 hour', '10 1');
-- tax_rates_category_shape
insert into tax_rates (country, category, rate_ppm, label, valid_from)
    values ('DE', 'Two words', 70000, 'MwSt', now() + interval '1 hour');
-- tax_rates_component_shape
insert into tax_rates (country, category, rate_ppm, label, valid_from, component)
    values ('DE', 'reduced', 70000, 'MwSt', now() + interval '1 hour', '');
-- tax_rates_rate_range
insert into tax_rates (country, category, rate_ppm, label, valid_from)
    values ('DE', 'reduced', 1000001, 'MwSt', now() + interval '1 hour');
-- tax_rates_label_length
insert into tax_rates (country, category, rate_ppm, label, valid_from)
    values ('DE', 'reduced', 70000, '', now() + interval '1 hour');
-- tax_rates_valid_from_finite
insert into tax_rates (country, category, rate_ppm, label, valid_from)
    values ('DE', 'reduced', 70000, 'MwSt', 'infinity');
-- tax_rates_created_by_exists
insert into tax_rates (country, category, rate_ppm, label, valid_from, created_by)
    values ('DE', 'reduced', 70000, 'MwSt', now() + interval '1 hour', gen_random_uuid());
-- tax_rates_once
insert into tax_rates select * from tax_rates;
-- tax_rates_begin_later
insert into tax_rates (country, category, rate_ppm, label, valid_from)
    values ('DE', 'reduced', 70000, 'MwSt', now() + interval '59 seconds');
-- tax_rates_stay
update tax_rates set label = 'VAT';
-- tax_exemptions_of_user
update tax_exemptions set user_id = gen_random_uuid();
-- tax_exemptions_of_country
update tax_exemptions set country = 'FR';
-- tax_exemptions_region_length
update tax_exemptions set region = repeat('x', 101);
-- tax_exemptions_certificate_length
update tax_exemptions set certificate = '';
-- tax_exemptions_valid_from_finite
update tax_exemptions set valid_from = '-infinity';
-- tax_exemptions_created_by_exists
update tax_exemptions set created_by = gen_random_uuid();
-- tax_exemptions_once
insert into tax_exemptions select * from tax_exemptions;
-- tax_exemptions_window
update tax_exemptions set valid_until = valid_from;
-- shipping_methods_name_length
update shipping_methods set name = '';
-- shipping_methods_carrier_length
update shipping_methods set carrier = '';
-- shipping_methods_currency_shape
update shipping_methods set currency = 'kwd';
-- shipping_methods_basis_known
update shipping_methods set basis = 'volume';
-- shipping_methods_free_from_range
update shipping_methods set free_from_minor = 0;
-- shipping_methods_free_from_on_step
update shipping_methods set free_from_minor = 5001;
-- shipping_methods_tax_category_shape
update shipping_methods set tax_category = 'Two words';
-- shipping_methods_zones_are_whole
update shipping_methods set zones = jsonb_set(zones, '{0,tiers,0,price_minor}', '495');
-- shipping_methods_days
update shipping_methods set days_min = 3, days_max = 2;
-- shipping_methods_pkey
insert into shipping_methods select * from shipping_methods;
-- discounts_title_length
update discounts set title = '';
-- discounts_code_shape
update discounts set code = 'welcome';
-- discounts_target_known
update discounts set target = 'world';
-- discounts_kind_known
update discounts set kind = 'gift';
-- discounts_percent_range
update discounts set percent_bp = 10001;
-- discounts_currency_shape
update discounts set currency = 'eur';
-- discounts_value_range
update discounts set kind = 'fixed', percent_bp = null, currency = 'EUR', value_minor = 0;
-- discounts_minimum_range
update discounts set currency = 'EUR', minimum_minor = 0;
-- discounts_products_whole
update discounts set target = 'products', products = array[null::uuid];
-- discounts_categories_whole
update discounts set target = 'products', categories = array[null::uuid];
-- discounts_max_uses_positive
update discounts set max_uses = 0, used = 0;
-- discounts_max_per_buyer_range
update discounts set max_per_buyer = 0;
-- discounts_used_within_limit
update discounts set used = 11;
-- discounts_window
update discounts set starts_at = 'infinity';
-- discounts_value
update discounts set percent_bp = null;
-- discounts_on_step
update discounts set currency = 'KWD', minimum_minor = 5;
-- discounts_products_named
update discounts set target = 'products';
-- discounts_limited_from_the_start
update discounts set max_uses = null;
-- discounts_pkey
insert into discounts select * from discounts;
-- discounts_code_taken
insert into discounts (id, title, code, target, kind, percent_bp)
    select gen_random_uuid(), title, code, target, kind, percent_bp from discounts;
-- discount_uses_of_discount
update discount_uses set discount_id = gen_random_uuid();
-- discount_uses_of_order
update discount_uses set order_id = gen_random_uuid();
-- discount_uses_code_shape
update discount_uses set code = 'welcome';
-- discount_uses_title_length
update discount_uses set title = '';
-- discount_uses_target_known
update discount_uses set target = 'world';
-- discount_uses_amount_positive
update discount_uses set amount_minor = 0;
-- discount_uses_buyer_is_hash
update discount_uses set buyer = 'ann';
-- discount_uses_nth_range
update discount_uses set nth = 0;
-- discount_uses_once
insert into discount_uses (discount_id, order_id, title, target, amount_minor, buyer)
    select discount_id, order_id, title, target, amount_minor, buyer from discount_uses;
-- discount_uses_within_buyers_limit
insert into discount_uses (discount_id, order_id, title, target, amount_minor, buyer, nth)
    select discount_id, gen_random_uuid(), title, target, amount_minor, buyer, nth from discount_uses;
-- orders_give_back_discounts: discounts_used_within_limit
update discounts set used = 0;
update orders set status = 'cancelled', expires_at = null, cancelled_at = now(), cancel_reason = 'requested';
-- shop_pricing_home_country_shape
update shop_pricing set home_country = 'de';
-- shop_pricing_is_the_one
update shop_pricing set is_the_one = false;
-- shop_pricing_one_row
insert into shop_pricing default values;
-- discount_uses_add_up: order_discounts_add_up
insert into discount_uses (discount_id, order_id, title, target, amount_minor, buyer)
    select discount_id, '00000000-0000-7000-8000-0000000000e1', title, target, amount_minor, buyer from discount_uses;
-- orders_discounts_add_up: order_discounts_add_up
with placed as (
    insert into orders (id, user_id, currency, subtotal_minor, discount_minor, total_minor, expires_at)
    select gen_random_uuid(), user_id, currency, 1100, 100, 1000, expires_at from orders where discount_minor > 0
    returning id, currency
)
insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor, discount_minor)
    select placed.id, '00000000-0000-7000-8000-0000000000d3', 'POT', 'Pot', placed.currency, 1, 1100, 100 from placed;
-- order_discounts_add_up
insert into discount_uses (discount_id, order_id, title, target, amount_minor, buyer)
    select discount_id, '00000000-0000-7000-8000-0000000000e1', title, target, 1, buyer from discount_uses;
