-- The application's own role: no ownership, no DDL, no DELETE. Roles belong to the whole server, so another database may have made it.
do $$
begin
    create role app_rw login;
exception when duplicate_object or unique_violation then
    null;
end $$;

-- Set on the role, not per session, so that a connection pooler has nothing to pin.
alter role app_rw set statement_timeout = '3s';
alter role app_rw set lock_timeout = '2s';
alter role app_rw set idle_in_transaction_session_timeout = '5s';

grant usage on schema public to app_rw;
alter default privileges in schema public grant select, insert, update on tables to app_rw;

create table users (
    id            uuid primary key,
    email         text not null constraint users_email_length check (char_length(email) between 3 and 254),
    email_norm    text not null constraint users_email_taken unique
                  constraint users_email_norm_length check (char_length(email_norm) between 3 and 254),
    password_hash text not null constraint users_password_is_argon2id check (password_hash like '$argon2id$%'),
    role          text not null default 'customer'
                  constraint users_role_known check (role in ('customer', 'staff', 'admin')),
    token_epoch   integer not null default 0 constraint users_token_epoch_not_negative check (token_epoch >= 0),
    created_at    timestamptz not null default now() constraint users_created_at_finite check (isfinite(created_at)),
    disabled_at   timestamptz constraint users_disabled_at_finite check (isfinite(disabled_at)),
    erased_at     timestamptz constraint users_erased_at_finite check (isfinite(erased_at))
);

-- The advisory lock makes two admins who demote each other wait for one another.
create function keep_one_admin() returns trigger language plpgsql as $$
begin
    if old.role = 'admin' and old.disabled_at is null and old.erased_at is null
       and (tg_op = 'DELETE' or new.role <> 'admin' or new.disabled_at is not null or new.erased_at is not null)
    then
        perform pg_advisory_xact_lock(7001);
        if not exists (
            select 1 from users
            where role = 'admin' and disabled_at is null and erased_at is null and id <> old.id
        ) then
            raise exception 'the last admin must stay' using errcode = '23514', constraint = 'users_last_admin_stays';
        end if;
    end if;
    return coalesce(new, old);
end $$;
create trigger users_last_admin_stays before update or delete on users
    for each row execute function keep_one_admin();

create table refresh_tokens (
    hash              bytea primary key constraint refresh_tokens_hash_is_sha256 check (octet_length(hash) = 32),
    family            uuid not null,
    user_id           uuid not null references users on delete restrict,
    created_at        timestamptz not null default now(),
    expires_at        timestamptz not null constraint refresh_tokens_expires_at_finite check (isfinite(expires_at)),
    family_expires_at timestamptz not null
                      constraint refresh_tokens_family_expires_at_finite check (isfinite(family_expires_at)),
    used_at           timestamptz,
    revoked_at        timestamptz,
    constraint refresh_tokens_within_family check (expires_at <= family_expires_at)
);
create index refresh_tokens_by_family on refresh_tokens (family);
create index refresh_tokens_by_user on refresh_tokens (user_id);
-- Every signed-in request asks whether its session has ended; a long session has thousands of tokens.
create index refresh_tokens_revoked on refresh_tokens (family) where revoked_at is not null;

create table rate_buckets (
    bucket text primary key constraint rate_buckets_bucket_length check (char_length(bucket) between 1 and 400),
    tokens numeric not null constraint rate_buckets_tokens_not_negative check (tokens >= 0),
    at     timestamptz not null default now()
);
