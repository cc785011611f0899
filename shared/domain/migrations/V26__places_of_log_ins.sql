-- From where an account was logged in to: who comes from there again is let in while others try its password. The hash of the
-- account's address and the network, with a key that the database does not know.
create table sign_in_places (
    place   bytea primary key constraint sign_in_places_place_is_sha256 check (octet_length(place) = 32),
    seen_at timestamptz not null default now() constraint sign_in_places_seen_at_finite check (isfinite(seen_at))
);
create index sign_in_places_by_time on sign_in_places (seen_at);

create function forget_sign_in_places(most integer) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with old as (
        select ctid from public.sign_in_places where seen_at < now() - interval '56 days'
        order by seen_at limit most for update skip locked
    ), gone as (
        delete from public.sign_in_places p using old where p.ctid = old.ctid returning 1
    )
    select count(*) from gone
$$;
revoke execute on function forget_sign_in_places(integer) from public;
grant execute on function forget_sign_in_places(integer) to app_rw;
