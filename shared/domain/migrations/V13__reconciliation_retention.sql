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
