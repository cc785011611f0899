-- The events that are not shortened yet, and those that were processed long ago.
create index if not exists stripe_events_to_forget on stripe_events (minimized, processed_at);
