-- The sessions that ended long ago.
create index if not exists refresh_tokens_by_end on refresh_tokens (family_expires_at);
