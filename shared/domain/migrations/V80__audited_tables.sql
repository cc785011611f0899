-- A change is audited if the transaction says which member of staff acts: app.staff, which the release before does not set.
-- The tables are in the order in which transactions lock their rows.
create constraint trigger users_audited after insert or update or delete on users
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('user', '{id}', '{email_norm,token_epoch}', '{email,password_hash}');
create constraint trigger orders_audited after insert or update or delete on orders
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('order', '{id}', '{version,updated_at,close_at}',
        '{note,confirm_reason,tracking_number,tracking_url,ship_to_name,ship_to_company,ship_to_line1,ship_to_line2,ship_to_postal_code,ship_to_city,ship_to_region,ship_to_country,ship_to_phone}');
create constraint trigger fulfillments_audited after insert or update or delete on fulfillments
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('fulfillment', '{id}', '{}', '{tracking_number,tracking_url}');
create constraint trigger refunds_audited after insert or update or delete on refunds
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('refund', '{id}', '{told_at,attempts,next_try_at,updated_at}', '{reason}');
create constraint trigger categories_audited after insert or update or delete on categories
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('category', '{id}', '{version}', '{}');
create constraint trigger products_audited after insert or update or delete on products
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('product', '{id}',
        '{version,updated_at,search,search_terms,sort_name,low_stock,low_stock_crossings,reserved}', '{}');
create constraint trigger discounts_audited after insert or update or delete on discounts
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('discount', '{id}', '{version,updated_at,used}', '{}');
create constraint trigger tax_countries_audited after insert or update or delete on tax_countries
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('tax_country', '{country}', '{version,updated_at}', '{}');
create constraint trigger tax_rates_audited after insert or update or delete on tax_rates
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('tax_rate', '{country,region,postal_prefix,category,component}', '{}', '{}');
create constraint trigger tax_exemptions_audited after insert or update or delete on tax_exemptions
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('tax_exemption', '{user_id,country,region}', '{}', '{certificate}');
create constraint trigger shipping_methods_audited after insert or update or delete on shipping_methods
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('shipping_method', '{id}', '{version,updated_at}', '{}');
create constraint trigger shop_pricing_audited after insert or update or delete on shop_pricing
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('shop_settings', '{}', '{version,revision,has_rules,is_the_one}', '{}');
