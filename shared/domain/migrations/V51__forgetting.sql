-- Stripe's events name buyers. From now on only what the shop reads of an event is kept; the sweep shortens those from before,
-- and those that the release before stores meanwhile.
alter table stripe_events add column minimized boolean not null default false;

-- Tokens of a session that ended more than 30 days ago, as late as it could have ended. All tokens of a session end it
-- together, so no token that is used again finds that those after it are gone.
create function forget_refresh_tokens(most integer) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with old as (
        select ctid from public.refresh_tokens where family_expires_at < now() - interval '30 days'
        order by family_expires_at limit most for update skip locked
    ), gone as (
        delete from public.refresh_tokens t using old where t.ctid = old.ctid returning 1
    )
    select count(*) from gone
$$;

-- A message is kept for 14 days in its queue, and as long in the queue of dead letters; the outbox has those of 30 days. One
-- that waits in the outbox is claimed again and again.
create function forget_emails(most integer) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with old as (
        select ctid from public.emails
        where created_at < now() - interval '90 days' and claimed_until < now() - interval '90 days'
        order by created_at limit most for update skip locked
    ), gone as (
        delete from public.emails m using old where m.ctid = old.ctid returning 1
    )
    select count(*) from gone
$$;

-- Stripe and people can send an event again for 30 days. One that waits or is parked stays until it is dealt with.
create function forget_stripe_events(most integer) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with old as (
        select ctid from public.stripe_events
        where minimized and processed_at < now() - interval '90 days'
        order by processed_at limit most for update skip locked
    ), gone as (
        delete from public.stripe_events e using old where e.ctid = old.ctid returning 1
    )
    select count(*) from gone
$$;
revoke execute on function forget_refresh_tokens(integer), forget_emails(integer), forget_stripe_events(integer) from public;
grant execute on function forget_refresh_tokens(integer), forget_emails(integer), forget_stripe_events(integer) to app_rw;
