-- Emails that wait for a person.
create index if not exists emails_failed on emails (created_at) where status = 'failed';
