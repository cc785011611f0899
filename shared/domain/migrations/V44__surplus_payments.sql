-- A payment that was captured after another one had paid its order. Its money goes back, and never counts for the order.
alter table payments add column surplus_at timestamptz;
alter table payments
    add constraint payments_surplus_was_captured check (surplus_at is null or status = 'succeeded') not valid;
