-- Events that wait for a person.
create index if not exists stripe_events_parked on stripe_events (received_at) where parked_reason is not null;
