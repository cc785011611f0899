-- Refunds that wait for a person.
create index if not exists refunds_failed on refunds (created_at) where status = 'failed' and given_up_by is null;
