-- What owners see of their sessions, as of the last log-in or refresh: the device, by its User-Agent header, and the network,
-- encrypted with a key that the database does not know. Null if unknown, and for sessions of the release before.
alter table refresh_tokens add column device text;
alter table refresh_tokens add column network bytea;
alter table refresh_tokens
    add constraint refresh_tokens_device_length check (char_length(device) between 1 and 200) not valid,
    add constraint refresh_tokens_network_length check (octet_length(network) between 29 and 100) not valid;
