-- Refunds that wait for a person.
create index if not exists refunds_failed on refunds (created_at) where status in ('failed', 'canceled') and given_up_by is null;
