-- Like refused.sql, about checkouts.

-- checkouts_pkey
insert into checkouts (id, user_id, expires_at) select id, user_id, expires_at from checkouts where is_current;
-- checkouts_secret_once
insert into checkouts (id, secret_hash, expires_at)
    select gen_random_uuid(), secret_hash, expires_at from checkouts where secret_hash is not null;
-- checkouts_one_order
alter table checkouts disable trigger checkouts_guard;
update checkouts set status = 'completed', order_id = '00000000-0000-7000-8000-0000000000e1', is_current = false;
-- checkouts_one_current
insert into checkouts (id, user_id, is_current, expires_at)
    select gen_random_uuid(), user_id, true, expires_at from checkouts where is_current;
-- checkouts_secret_is_hash
insert into checkouts (id, secret_hash, expires_at) values (gen_random_uuid(), '\x00', now());
-- checkouts_of_user
insert into checkouts (id, user_id, expires_at) values (gen_random_uuid(), gen_random_uuid(), now());
-- checkouts_created_by_exists
insert into checkouts (id, created_by, expires_at) values (gen_random_uuid(), gen_random_uuid(), now());
-- checkouts_status_known
update checkouts set status = 'draft' where not is_current;
-- checkouts_email_length
update checkouts set email = 'a@', email_norm = 'a@';
-- checkouts_email_is_whole
update checkouts set email = 'ada@example.com';
-- checkouts_currency_shape
update checkouts set currency = 'eur' where currency is not null;
-- checkouts_lines_have_currency
update checkouts set currency = 'EUR';
-- checkouts_ship_to_country_shape
update checkouts set ship_to_country = 'de';
-- checkouts_ship_to_phone_shape
update checkouts set ship_to_country = 'DE', ship_to_phone = 'call me';
-- checkouts_ship_to_somewhere
update checkouts set ship_to_city = 'Berlin', ship_to_country = null;
-- checkouts_ship_to_lengths
update checkouts set ship_to_country = 'DE', ship_to_city = '';
-- checkouts_codes_whole
update checkouts set codes = '{A, B, C, D, E, F}';
-- checkouts_note_length
update checkouts set note = '';
-- checkouts_order_exists
update checkouts set status = 'completed', order_id = gen_random_uuid(), is_current = false where is_current;
-- checkouts_completed_has_order
update checkouts set status = 'completed', is_current = false;
-- checkouts_merged_is_over
update checkouts set merged_into = gen_random_uuid();
-- checkouts_current_is_open
update checkouts set status = 'cancelled' where is_current;
-- checkouts_has_holder
insert into checkouts (id, expires_at) values (gen_random_uuid(), now());
-- checkouts_expires_at_finite
update checkouts set expires_at = 'infinity';
-- checkouts_lines_are_whole
update checkouts set products = products || products, quantities = quantities || quantities, shown_minor = shown_minor || shown_minor
where currency is not null;
-- checkouts_end_once
update checkouts set status = 'cancelled', is_current = false;
update checkouts set status = 'open';
-- checkouts_holder_stays
update checkouts set user_id = '00000000-0000-7000-8000-00000000000a' where is_current;
