-- Like refused.sql, about disputes.

-- payments_failed_at_finite
update payments set failed_at = 'infinity';
-- disputes_pkey
insert into disputes (id, payment_id, provider_dispute, amount_minor, currency, reason, status, told_at)
    select id, payment_id, 'dp_2', amount_minor, currency, reason, status, told_at from disputes;
-- disputes_of_payment
update disputes set payment_id = gen_random_uuid();
-- disputes_provider_dispute_taken
insert into disputes (id, payment_id, provider_dispute, amount_minor, currency, reason, status, told_at)
    select gen_random_uuid(), payment_id, provider_dispute, amount_minor, currency, reason, status, told_at from disputes;
-- disputes_provider_dispute_length
update disputes set provider_dispute = '';
-- disputes_amount_not_negative
update disputes set amount_minor = -1;
-- disputes_currency_shape
update disputes set currency = 'eur';
-- disputes_reason_length
update disputes set reason = '';
-- disputes_status_length
update disputes set status = '';
-- disputes_evidence_due_at_finite
update disputes set evidence_due_at = 'infinity';
-- disputes_told_at_finite
update disputes set told_at = 'infinity';
-- disputes_closed_has_time
update disputes set status = 'won';
