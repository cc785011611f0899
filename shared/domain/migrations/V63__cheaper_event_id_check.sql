-- Refuses the same ids, as V62 does for keys.
alter table stripe_events
    drop constraint stripe_events_event_id_shape,
    add constraint stripe_events_event_id_shape check (
        octet_length(event_id) between 5 and 254 and event_id ~ '^evt_[A-Za-z0-9_]+$') not valid;
