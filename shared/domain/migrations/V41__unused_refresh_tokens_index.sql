-- The one unused token of each session: what goes on, is listed, and ends with all others of its account.
create index if not exists refresh_tokens_unused on refresh_tokens (user_id, family) where used_at is null;
