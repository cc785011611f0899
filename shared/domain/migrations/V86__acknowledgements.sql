-- What staff have looked at and need not be told of again, with their reason. It holds for the state in which it was: a dispute
-- that was an inquiry waits again, and so does an event that was replayed and parked anew.
create table acknowledgements (
    kind       text not null constraint acknowledgements_kind_known check (kind in (
                   'dispute', 'failed_email', 'failed_refund', 'parked_stripe_event', 'reconciliation_finding',
                   'stock_discrepancy')),
    subject    text not null constraint acknowledgements_subject_length check (char_length(subject) between 1 and 300),
    state      text not null constraint acknowledgements_state_length check (char_length(state) <= 300),
    reason     text not null constraint acknowledgements_reason_length check (char_length(reason) between 1 and 500),
    created_by uuid not null constraint acknowledgements_created_by_exists references users,
    created_at timestamptz not null default now(),
    constraint acknowledgements_once primary key (kind, subject, state)
);
revoke update on acknowledgements from app_rw;
create constraint trigger acknowledgements_audited after insert or update or delete on acknowledgements
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('acknowledgement', '{kind,subject}', '{}', '{reason}');
create index reconciliation_findings_by_subject on reconciliation_findings (kind, subject, reconciliation_id);
