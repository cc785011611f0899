-- Like refused.sql, about returned goods and reconciliation.

-- refund_lines_restocked_within_quantity
update refund_lines set restocked = 2;
-- refund_lines_within_order
insert into refund_lines (refund_id, product_id, quantity)
    select '00000000-0000-7000-8000-000000000081', product_id, 2 from refund_lines;
-- refund_lines_restocked_within_order
update orders set status = 'confirmed', captured_minor = 1000, expires_at = null;
update orders set status = 'shipped', shipped_at = now(), carrier = 'DHL';
update refunds set status = 'failed';
update refund_lines set restocked = 1;
insert into refund_lines (refund_id, product_id, quantity, restocked)
    select '00000000-0000-7000-8000-000000000081', product_id, 2, 2 from refund_lines;
-- refund_lines_came_back
insert into refund_lines (refund_id, product_id, quantity, restocked)
    select '00000000-0000-7000-8000-000000000081', product_id, 1, 1 from refund_lines;
-- reconciliations_pkey
update reconciliations set started_at = now(), finished_at = now();
insert into reconciliations (id) select id from reconciliations;
-- reconciliations_requested_by_exists
update reconciliations set requested_by = gen_random_uuid();
-- reconciliations_payments_not_negative
update reconciliations set payments = -1;
-- reconciliations_refunds_not_negative
update reconciliations set refunds = -1;
-- reconciliations_disputes_not_negative
update reconciliations set disputes = -1;
-- reconciliations_payments_after_length
update reconciliations set payments_after = '';
-- reconciliations_refunds_after_length
update reconciliations set refunds_after = '';
-- reconciliations_disputes_after_length
update reconciliations set disputes_after = '';
-- reconciliations_finished_was_started
update reconciliations set finished_at = now();
-- reconciliations_one_open
insert into reconciliations (id) values (gen_random_uuid());
-- reconciliation_findings_of_reconciliation
update reconciliation_findings set reconciliation_id = gen_random_uuid();
-- reconciliation_findings_kind_known
update reconciliation_findings set kind = 'odd';
-- reconciliation_findings_subject_length
update reconciliation_findings set subject = '';
-- reconciliation_findings_ours_length
update reconciliation_findings set ours = '';
-- reconciliation_findings_told_length
update reconciliation_findings set told = '';
-- reconciliation_findings_once
insert into reconciliation_findings select * from reconciliation_findings;
