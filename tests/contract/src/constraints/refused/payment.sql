-- Like refused.sql, about payments.

-- payments_replaced_at_finite
update payments set replaced_at = 'infinity';
-- checkout_sessions_one_of_payment
insert into checkout_sessions (payment_id, success_url, cancel_url, expires_at)
    select payment_id, success_url, cancel_url, expires_at from checkout_sessions;
-- checkout_sessions_of_payment
update checkout_sessions set payment_id = gen_random_uuid() where provider_session = 'cs_1';
-- checkout_sessions_provider_session_taken
update checkout_sessions set provider_session = 'cs_1';
-- checkout_sessions_provider_session_length
update checkout_sessions set provider_session = '' where provider_session = 'cs_1';
-- checkout_sessions_success_url_length
update checkout_sessions set success_url = '';
-- checkout_sessions_cancel_url_length
update checkout_sessions set cancel_url = repeat('x', 2001);
-- checkout_sessions_expires_at_finite
update checkout_sessions set expires_at = 'infinity';
-- payments_decline_code_length
update payments set decline_code = '';
-- refunds_provider_code_length
update refunds set provider_code = '';
-- refunds_failure_reason_length
update refunds set failure_reason = repeat('x', 101);
-- refunds_pending_reason_length
update refunds set pending_reason = '';
-- payments_surplus_was_captured
update payments set surplus_at = now() where status <> 'succeeded';
-- refunds_requested_by_exists
update refunds set requested_by = gen_random_uuid();
-- refunds_given_up_by_exists
update refunds set given_up_by = gen_random_uuid();
