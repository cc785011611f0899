-- Orders that wait for a person: nothing of them is to be shipped any more, and they are not cancelled.
create index if not exists orders_refunded_unshipped on orders (id)
    where status = 'confirmed' and captured_minor > 0 and refunded_minor = captured_minor;
