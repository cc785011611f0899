-- Fraud warnings that wait for a person.
create index if not exists fraud_warnings_open on fraud_warnings (payment_id) where closed_at is null;
