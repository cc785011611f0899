-- Like refused.sql, about fraud warnings.

-- fraud_warnings_pkey
insert into fraud_warnings (id, payment_id, provider, kind, reason)
    select id, payment_id, 'issfr_2', kind, reason from fraud_warnings;
-- fraud_warnings_of_payment
update fraud_warnings set payment_id = gen_random_uuid();
-- fraud_warnings_provider_taken
insert into fraud_warnings (id, payment_id, provider, kind, reason)
    select gen_random_uuid(), payment_id, provider, kind, reason from fraud_warnings;
-- fraud_warnings_provider_length
update fraud_warnings set provider = '';
-- fraud_warnings_kind_known
update fraud_warnings set kind = 'suspicion';
-- fraud_warnings_reason_length
update fraud_warnings set reason = '';
-- fraud_warnings_closed_by_exists
update fraud_warnings set closed_at = now(), closed_by = gen_random_uuid();
-- fraud_warnings_closed_has_time
update fraud_warnings set closed_by = (select id from users limit 1);
