-- Payments that may be fraud: a card issuer's early warning, or a review by Stripe's rules or a person. They keep the
-- order from being shipped while they are open.
create table fraud_warnings (
    id         uuid primary key,
    payment_id uuid not null constraint fraud_warnings_of_payment references payments,
    -- Stripe's id.
    provider   text not null constraint fraud_warnings_provider_taken unique
               constraint fraud_warnings_provider_length check (char_length(provider) between 1 and 255),
    kind       text not null constraint fraud_warnings_kind_known check (kind in ('early_fraud_warning', 'review')),
    reason     text not null constraint fraud_warnings_reason_length check (char_length(reason) between 1 and 255),
    opened_at  timestamptz not null default now(),
    closed_at  timestamptz,
    -- Who released the order; none if Stripe closed it.
    closed_by  uuid constraint fraud_warnings_closed_by_exists references users,
    constraint fraud_warnings_closed_has_time check (closed_by is null or closed_at is not null)
);
create index fraud_warnings_by_payment on fraud_warnings (payment_id);

-- Payments whose intent at Stripe is not known yet: a refund or a dispute of an unknown intent may be theirs.
create index payments_without_intent on payments (created_at)
    where status = 'creating' and provider_pi is null and provider = 'stripe';
