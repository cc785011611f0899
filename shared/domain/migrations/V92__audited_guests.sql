-- Staff correct the address of a guest.
create constraint trigger order_guests_audited after insert or update or delete on order_guests
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('order_guest', '{order_id}', '{joined_at}', '{email,email_norm,origin}');
