-- When we first heard that a try to pay came to nothing, while the payment waited for another.
alter table payments add failed_at timestamptz constraint payments_failed_at_finite check (isfinite(failed_at));

-- Buyers who take their money back through their bank, as Stripe tells of them.
create table disputes (
    id               uuid primary key,
    payment_id       uuid not null constraint disputes_of_payment references payments,
    provider_dispute text not null constraint disputes_provider_dispute_taken unique
                     constraint disputes_provider_dispute_length check (char_length(provider_dispute) between 1 and 255),
    -- Not always what the payment was over: a part may be disputed, and banks convert.
    amount_minor     bigint not null constraint disputes_amount_positive check (amount_minor > 0),
    currency         text not null constraint disputes_currency_shape check (currency ~ '^[A-Z]{3}$'),
    reason           text not null constraint disputes_reason_length check (char_length(reason) between 1 and 255),
    status           text not null constraint disputes_status_known check (status in (
                         'warning_needs_response', 'warning_under_review', 'warning_closed',
                         'needs_response', 'under_review', 'prevented', 'won', 'lost')),
    evidence_due_at  timestamptz constraint disputes_evidence_due_at_finite check (isfinite(evidence_due_at)),
    -- When Stripe says that the state it told us last was reached: older news never overwrite newer.
    told_at          timestamptz not null constraint disputes_told_at_finite check (isfinite(told_at)),
    closed_at        timestamptz,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    constraint disputes_closed_has_time
        check ((status in ('warning_closed', 'prevented', 'won', 'lost')) = (closed_at is not null))
);
create index disputes_by_payment on disputes (payment_id);
create index disputes_by_status on disputes (status, id);

alter table ledger
    drop constraint ledger_kind_known,
    add constraint ledger_kind_known check (kind in (
        'captured', 'refunded', 'refund_failed', 'dispute_withdrawn', 'dispute_reinstated'));

-- How an order stands with its money, as far as its own row tells; an open one waits for its newest payment.
create function order_money(status text, on_hold boolean, total bigint, captured bigint, refunded bigint) returns text
language sql immutable as $$
    select case
        when on_hold then 'disputed'
        when refunded > 0 and refunded < captured then 'partially_refunded'
        when refunded > 0 then 'refunded'
        when captured > 0 or (total = 0 and status <> 'cancelled') then 'paid'
        when status = 'pending' then 'open'
        else 'unpaid'
    end
$$;
create index orders_by_money on orders (order_money(status, on_hold, total_minor, captured_minor, refunded_minor), id);
