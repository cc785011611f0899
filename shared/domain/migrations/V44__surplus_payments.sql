-- A payment that was captured after another one had paid its order. Its money goes back, and never counts for the order:
-- the ledger keeps it under kinds of its own, which the sums of an order leave out.
alter table payments add column surplus_at timestamptz;
alter table payments
    add constraint payments_surplus_was_captured check (surplus_at is null or status = 'succeeded') not valid;

alter table ledger
    drop constraint ledger_kind_known,
    add constraint ledger_kind_known check (kind in (
        'captured', 'refunded', 'refund_failed', 'dispute_withdrawn', 'dispute_reinstated',
        'surplus_captured', 'surplus_refunded', 'surplus_refund_failed')) not valid;

-- Who gave up a refund that Stripe does not have.
alter table refunds add column given_up_by uuid;
alter table refunds
    add constraint refunds_given_up_by_exists foreign key (given_up_by) references users not valid;
