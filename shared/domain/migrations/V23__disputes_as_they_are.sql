-- Stripe adds states of disputes: one that is not known here is kept as text, and counts as open. A dispute may be about
-- nothing.
alter table disputes
    drop constraint disputes_status_known,
    add constraint disputes_status_length check (char_length(status) between 1 and 255),
    drop constraint disputes_amount_positive,
    add constraint disputes_amount_not_negative check (amount_minor >= 0);

-- Disputes are compared too.
alter table reconciliations
    add column disputes       integer not null default 0 constraint reconciliations_disputes_not_negative check (disputes >= 0),
    add column disputes_after text constraint reconciliations_disputes_after_length check (char_length(disputes_after) between 1 and 255),
    add column disputes_read  boolean not null default false;

alter table reconciliation_findings
    drop constraint reconciliation_findings_kind_known,
    add constraint reconciliation_findings_kind_known check (kind in (
        'payment_behind', 'payment_unknown', 'payment_absent', 'payment_differs', 'payment_gone',
        'refund_behind', 'refund_missing', 'refund_differs', 'refund_gone',
        'dispute_behind', 'dispute_missing', 'dispute_differs', 'not_comparable', 'not_all_compared')),
    -- Room for what Stripe says of an error.
    drop constraint reconciliation_findings_ours_length,
    add constraint reconciliation_findings_ours_length check (char_length(ours) between 1 and 500),
    drop constraint reconciliation_findings_told_length,
    add constraint reconciliation_findings_told_length check (char_length(told) between 1 and 500);
