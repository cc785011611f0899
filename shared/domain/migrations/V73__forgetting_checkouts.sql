-- What nobody has bought is kept for 30 days after it has expired. What became an order is kept for 90 days: the order has all
-- that counts.
create function forget_checkouts(most integer) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with left_behind as (
        select ctid from public.checkouts
        where status <> 'completed' and expires_at < now() - interval '30 days'
        order by expires_at limit most for update skip locked
    ), bought as (
        select ctid from public.checkouts
        where status = 'completed' and updated_at < now() - interval '90 days'
        order by updated_at limit most for update skip locked
    ), gone as (
        delete from public.checkouts
        where ctid = any(array(
            select ctid from (select ctid from left_behind union all select ctid from bought) as old limit most))
        returning 1
    )
    select count(*) from gone
$$;

-- Those of somebody who has left. Does nothing unless the account is erased.
create function forget_checkouts_of(person uuid) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (
        delete from public.checkouts
        where user_id = (select id from public.users where id = person and erased_at is not null) returning 1
    )
    select count(*) from gone
$$;
revoke execute on function forget_checkouts(integer), forget_checkouts_of(uuid) from public;
grant execute on function forget_checkouts(integer), forget_checkouts_of(uuid) to app_rw;
