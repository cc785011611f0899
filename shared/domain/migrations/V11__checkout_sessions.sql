-- A page of Stripe's on which a payment is made. What it was asked for with stays, so that asking again asks for the same.
create table checkout_sessions (
    payment_id       uuid constraint checkout_sessions_one_of_payment primary key
                     constraint checkout_sessions_of_payment references payments,
    provider_session text constraint checkout_sessions_provider_session_taken unique
                     constraint checkout_sessions_provider_session_length check (char_length(provider_session) between 1 and 255),
    success_url      text not null constraint checkout_sessions_success_url_length check (char_length(success_url) between 1 and 2000),
    cancel_url       text not null constraint checkout_sessions_cancel_url_length check (char_length(cancel_url) between 1 and 2000),
    expires_at       timestamptz not null constraint checkout_sessions_expires_at_finite check (isfinite(expires_at))
);

alter table payments
    -- When the buyer chose another way to pay: the end of this payment is not that of its order.
    add replaced_at timestamptz constraint payments_replaced_at_finite check (isfinite(replaced_at)),
    -- A page that nobody paid on ends without an intent.
    drop constraint payments_known_at_provider,
    add constraint payments_known_at_provider
        check (provider = 'offline' or provider_pi is not null or status in ('creating', 'failed', 'canceled'));
