alter table users add column email_verified_at timestamptz
    constraint users_email_verified_at_finite check (isfinite(email_verified_at));
-- Looking for the beginning of an address. In ASCII, as addresses are.
create index users_by_address on users (email_norm collate "C");

-- What a link in a mail stands for. Its secret is made from its id and a key that the database does not know.
create table links (
    id         uuid primary key,
    user_id    uuid not null references users on delete restrict,
    purpose    text not null constraint links_purpose_known check (purpose in ('verify', 'reset')),
    hash       bytea not null constraint links_hash_taken unique
               constraint links_hash_is_sha256 check (octet_length(hash) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null constraint links_expires_at_finite check (isfinite(expires_at)),
    used_at    timestamptz constraint links_used_at_finite check (isfinite(used_at))
);
-- The newest link is the only good one.
create unique index links_one_live on links (user_id, purpose) where used_at is null;
