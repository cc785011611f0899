-- Whose place it is, so that it goes with its owner. Null for those of the release before, which go by their age.
alter table sign_in_places add column user_id uuid;

-- What the functions' role may not delete or change of a person. Each does nothing unless the account is erased.
create function forget_sessions_of(person uuid) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with erased as (
        select id from public.users where id = person and erased_at is not null
    ), doomed as (
        -- In the order in which sessions are ended, so that the two cannot deadlock.
        select hash from public.refresh_tokens where user_id in (select id from erased) order by hash for update
    ), places as (
        delete from public.sign_in_places where user_id in (select id from erased)
    ), gone as (
        delete from public.refresh_tokens t using doomed where t.hash = doomed.hash returning 1
    )
    select count(*) from gone
$$;
create function forget_idempotency_keys_of(person uuid) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (
        delete from public.idempotency_keys
        where user_id = (select id from public.users where id = person and erased_at is not null) returning 1
    )
    select count(*) from gone
$$;
-- Reasons that staff wrote; the others are words of the shop.
create function forget_reasons_of(person uuid) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (
        update public.order_history h set reason = null
        from public.orders o join public.users u on u.id = o.user_id
        where u.id = person and u.erased_at is not null and h.order_id = o.id
          and h.to_status = 'confirmed' and h.reason is not null
        returning 1
    )
    select count(*) from gone
$$;
revoke execute on function forget_sessions_of(uuid), forget_idempotency_keys_of(uuid), forget_reasons_of(uuid) from public;
grant execute on function forget_sessions_of(uuid), forget_idempotency_keys_of(uuid), forget_reasons_of(uuid) to app_rw;
