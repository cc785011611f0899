-- Staff discard dead letters that nobody can use, with their reason.
alter table acknowledgements
    drop constraint acknowledgements_kind_known,
    add constraint acknowledgements_kind_known check (kind in (
        'dead_letter', 'dispute', 'failed_email', 'failed_refund', 'parked_stripe_event', 'reconciliation_finding',
        'stock_discrepancy')) not valid;
