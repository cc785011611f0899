-- Comparisons of our payments and refunds with Stripe's.
create table reconciliations (
    id           uuid primary key,
    -- Nobody if it was time.
    requested_by uuid constraint reconciliations_requested_by_exists references users,
    requested_at timestamptz not null default now(),
    started_at   timestamptz,
    -- A lease: two do not compare at once, and one that died is followed by another.
    leased_until timestamptz not null default now(),
    finished_at  timestamptz,
    payments     integer not null default 0 constraint reconciliations_payments_not_negative check (payments >= 0),
    refunds      integer not null default 0 constraint reconciliations_refunds_not_negative check (refunds >= 0),
    constraint reconciliations_finished_was_started check (finished_at is null or started_at is not null)
);
create unique index reconciliations_one_open on reconciliations ((true)) where finished_at is null;

-- What did not agree, and whether it does now.
create table reconciliation_findings (
    reconciliation_id uuid not null constraint reconciliation_findings_of_reconciliation references reconciliations,
    kind              text not null constraint reconciliation_findings_kind_known check (kind in (
                          'payment_behind', 'payment_unknown', 'payment_absent', 'payment_differs',
                          'refund_behind', 'refund_missing', 'refund_differs', 'not_all_compared')),
    -- Stripe's id of it, or ours if Stripe has none.
    subject           text not null constraint reconciliation_findings_subject_length check (char_length(subject) between 1 and 255),
    ours              text constraint reconciliation_findings_ours_length check (char_length(ours) between 1 and 100),
    told              text constraint reconciliation_findings_told_length check (char_length(told) between 1 and 100),
    healed            boolean not null,
    found_at          timestamptz not null default now(),
    constraint reconciliation_findings_once primary key (reconciliation_id, kind, subject)
);
revoke update on reconciliation_findings from app_rw;

-- The functions' role may delete nothing. It may have the owner delete what nobody needs any more, by these alone: each
-- knows its table and its age, and takes a bounded number of rows that nobody is at.
create function forget_rate_buckets(most integer) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with old as (
        select ctid from public.rate_buckets where at < now() - interval '2 days' limit most for update skip locked
    ), gone as (
        delete from public.rate_buckets b using old where b.ctid = old.ctid returning 1
    )
    select count(*) from gone
$$;
create function forget_idempotency_keys(most integer) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with old as (
        select ctid from public.idempotency_keys where created_at < now() - interval '72 hours'
        order by created_at limit most for update skip locked
    ), gone as (
        delete from public.idempotency_keys k using old where k.ctid = old.ctid returning 1
    )
    select count(*) from gone
$$;
create function forget_links(most integer) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with old as (
        select ctid from public.links where least(used_at, expires_at) < now() - interval '7 days'
        limit most for update skip locked
    ), gone as (
        delete from public.links l using old where l.ctid = old.ctid returning 1
    )
    select count(*) from gone
$$;
create function forget_outbox(most integer) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with old as (
        select ctid from public.outbox where sent_at < now() - interval '30 days'
        order by sent_at limit most for update skip locked
    ), gone as (
        delete from public.outbox o using old where o.ctid = old.ctid returning 1
    )
    select count(*) from gone
$$;
create function forget_inbox(most integer) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with old as (
        select ctid from public.inbox where received_at < now() - interval '30 days'
        order by received_at limit most for update skip locked
    ), gone as (
        delete from public.inbox i using old where i.ctid = old.ctid returning 1
    )
    select count(*) from gone
$$;
revoke execute on function forget_rate_buckets(integer), forget_idempotency_keys(integer), forget_links(integer),
    forget_outbox(integer), forget_inbox(integer) from public;
grant execute on function forget_rate_buckets(integer), forget_idempotency_keys(integer), forget_links(integer),
    forget_outbox(integer), forget_inbox(integer) to app_rw;

create index idempotency_keys_by_time on idempotency_keys (created_at);
create index outbox_sent on outbox (sent_at) where sent_at is not null;
create index inbox_by_time on inbox (received_at);
