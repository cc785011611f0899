-- What the hourly comparison with Stripe asks about: few rows of tables that only grow.
create index payments_in_doubt on payments (created_at)
    where provider_pi is not null and status not in ('succeeded', 'canceled', 'failed');
create index refunds_in_doubt on refunds (created_at) where status in ('pending', 'requires_action');
