-- Like refused.sql, about accounts.

-- users_pkey
update users set id = '00000000-0000-7000-8000-00000000000a' where role = 'customer';
-- users_email_length
update users set email = 'ab';
-- users_email_taken
update users set email_norm = 'ada@example.com' where role = 'customer';
-- users_email_norm_length
update users set email_norm = repeat('x', 255) where role = 'customer';
-- users_password_is_argon2id
update users set password_hash = 'in the clear';
-- users_role_known
update users set role = 'owner' where role = 'customer';
-- users_token_epoch_not_negative
update users set token_epoch = -1;
-- users_created_at_finite
update users set created_at = 'infinity';
-- users_disabled_at_finite
update users set disabled_at = 'infinity' where role = 'customer';
-- users_erased_at_finite
update users set erased_at = '-infinity' where role = 'customer';
-- users_last_admin_stays
update users set role = 'staff' where role = 'admin';
-- users_email_verified_at_finite
update users set email_verified_at = 'infinity';

-- links_pkey
insert into links (id, user_id, purpose, hash, expires_at)
    select id, user_id, 'reset', decode(repeat('ef', 32), 'hex'), expires_at from links;
-- links_user_id_fkey
update links set user_id = gen_random_uuid();
-- links_purpose_known
update links set purpose = 'marry';
-- links_hash_taken
insert into links (id, user_id, purpose, hash, expires_at)
    select gen_random_uuid(), user_id, 'reset', hash, expires_at from links;
-- links_hash_is_sha256
update links set hash = 'short';
-- links_expires_at_finite
update links set expires_at = 'infinity';
-- links_used_at_finite
update links set used_at = '-infinity';
-- links_one_live
insert into links (id, user_id, purpose, hash, expires_at)
    select gen_random_uuid(), user_id, purpose, decode(repeat('ef', 32), 'hex'), expires_at from links;

-- refresh_tokens_pkey
insert into refresh_tokens select * from refresh_tokens;
-- refresh_tokens_hash_is_sha256
update refresh_tokens set hash = 'short';
-- refresh_tokens_user_id_fkey
update refresh_tokens set user_id = gen_random_uuid();
-- refresh_tokens_expires_at_finite
update refresh_tokens set expires_at = '-infinity';
-- refresh_tokens_family_expires_at_finite
update refresh_tokens set family_expires_at = 'infinity';
-- refresh_tokens_device_length
update refresh_tokens set device = '';
-- refresh_tokens_network_length
update refresh_tokens set network = 'readable';
-- refresh_tokens_within_family
update refresh_tokens set expires_at = family_expires_at + interval '1 second';

-- rate_buckets_pkey
insert into rate_buckets select * from rate_buckets;
-- rate_buckets_bucket_length
update rate_buckets set bucket = '';
-- rate_buckets_tokens_not_negative
update rate_buckets set tokens = -0.1;

-- sign_in_places_pkey
insert into sign_in_places select * from sign_in_places;
-- sign_in_places_place_is_sha256
update sign_in_places set place = 'short';
-- sign_in_places_seen_at_finite
update sign_in_places set seen_at = 'infinity';
