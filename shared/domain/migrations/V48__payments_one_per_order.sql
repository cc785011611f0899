-- As payments_one_live, which the next migrations replace, but a surplus payment is none that pays its order.
create unique index if not exists payments_one_per_order on payments (order_id)
    where status not in ('canceled', 'failed') and surplus_at is null;
