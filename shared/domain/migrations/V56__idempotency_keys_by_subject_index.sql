-- What was answered about an order, a payment or a user: the id in the address. Orders that are placed have none there.
create index if not exists idempotency_keys_by_subject on idempotency_keys (split_part(route, '/', 4))
    where split_part(route, '/', 4) <> '';
