create table payments (
    id           uuid primary key,
    order_id     uuid not null,
    currency     text not null,
    provider     text not null default 'stripe' constraint payments_provider_known check (provider in ('stripe', 'offline')),
    provider_pi  text constraint payments_provider_pi_taken unique
                 constraint payments_provider_pi_length check (char_length(provider_pi) between 1 and 255),
    amount_minor bigint not null constraint payments_amount_positive check (amount_minor > 0),
    status       text not null constraint payments_status_known check (status in (
                     'creating', 'requires_payment_method', 'requires_confirmation', 'requires_action',
                     'requires_capture', 'processing', 'succeeded', 'canceled', 'failed')),
    -- When Stripe says that the state it told us last was reached: older news never overwrite newer.
    told_at      timestamptz,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    constraint payments_known_at_provider
        check (provider = 'offline' or provider_pi is not null or status in ('creating', 'failed')),
    constraint payments_currency_of_order foreign key (order_id, currency) references orders (id, currency)
);
create unique index payments_one_live on payments (order_id) where status not in ('canceled', 'failed');
create index payments_by_order on payments (order_id);

create table refunds (
    id              uuid primary key,
    payment_id      uuid not null references payments,
    provider_refund text constraint refunds_provider_refund_taken unique,
    amount_minor    bigint not null constraint refunds_amount_positive check (amount_minor > 0),
    status          text not null constraint refunds_status_known check (status in (
                        'requested', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
    origin          text not null constraint refunds_origin_known check (origin in ('api', 'dashboard', 'late_payment')),
    reason          text constraint refunds_reason_length check (char_length(reason) between 1 and 500),
    -- When Stripe says that the state it told us last was reached.
    told_at         timestamptz,
    attempts        integer not null default 0,
    next_try_at     timestamptz not null default now(),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    constraint refunds_known_at_provider check (provider_refund is not null or status in ('requested', 'failed', 'canceled'))
);
create unique index refunds_one_late on refunds (payment_id) where origin = 'late_payment';
create index refunds_by_payment on refunds (payment_id);
create index refunds_to_send on refunds (next_try_at) where status = 'requested';

-- The pieces that a refund is for.
create table refund_lines (
    refund_id  uuid not null constraint refund_lines_of_refund references refunds,
    product_id uuid not null constraint refund_lines_of_product references products,
    quantity   integer not null constraint refund_lines_quantity_range check (quantity between 1 and 1000),
    constraint refund_lines_product_once primary key (refund_id, product_id)
);

-- What moved, in minor units, once per source. `orders.captured_minor` and `orders.refunded_minor` are its sums.
create table ledger (
    entry_id     bigint generated always as identity primary key,
    order_id     uuid not null references orders,
    kind         text not null constraint ledger_kind_known check (kind in ('captured', 'refunded', 'refund_failed')),
    amount_minor bigint not null constraint ledger_amount_positive check (amount_minor > 0),
    source       text not null constraint ledger_source_known check (source in ('stripe', 'offline')),
    source_id    text not null constraint ledger_source_id_length check (char_length(source_id) between 1 and 255),
    entered_at   timestamptz not null default now(),
    constraint ledger_once unique (source, source_id, kind)
);
create index ledger_by_order on ledger (order_id);

-- Raw bytes: a signed body may hold what jsonb refuses, and must be kept all the same.
create table stripe_events (
    event_id      text primary key constraint stripe_events_event_id_shape check (event_id ~ '^evt_[A-Za-z0-9_]{1,250}$'),
    type          text not null constraint stripe_events_type_length check (char_length(type) between 1 and 255),
    object_id     text constraint stripe_events_object_id_length check (char_length(object_id) between 1 and 255),
    created       timestamptz not null constraint stripe_events_created_finite check (isfinite(created)),
    livemode      boolean not null,
    api_version   text,
    raw           bytea not null constraint stripe_events_raw_size check (octet_length(raw) between 2 and 524288),
    received_at   timestamptz not null default now(),
    processed_at  timestamptz,
    parked_reason text constraint stripe_events_parked_reason_length check (char_length(parked_reason) between 1 and 200),
    attempts      integer not null default 0 constraint stripe_events_attempts_not_negative check (attempts >= 0),
    next_try_at   timestamptz not null default now(),
    constraint stripe_events_done_or_parked check (processed_at is null or parked_reason is null)
);
create index stripe_events_to_do on stripe_events (next_try_at) where processed_at is null and parked_reason is null;

revoke update on ledger, refund_lines from app_rw;
