-- Payments that staff record by hand or let go of are in the audit log as well.
create constraint trigger payments_audited after insert or update or delete on payments
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('payment', '{id}', '{told_at,failed_at,updated_at}', '{decline_code}');
