-- What staff have changed: who, what, before and after. Entries are written by triggers of the tables concerned, and never
-- change again. Each is chained to the one before by its hash, so that one that is changed, added or removed later is found.
-- What is of a person stands under withheld, by its name alone: nothing has to be taken out when they leave.
create table audit_log (
    id            bigint generated always as identity constraint audit_log_pkey primary key,
    actor         uuid not null,
    entity_type   text not null,
    entity        text not null,
    action        text not null constraint audit_log_action_known check (action in ('created', 'changed', 'deleted')),
    before        jsonb,
    after         jsonb,
    withheld      text[] not null default '{}',
    -- The place in the chain: given at the commit, in the order of commits. Without gaps.
    seq           bigint constraint audit_log_seq_once unique,
    at            timestamptz,
    previous_hash bytea,
    hash          bytea,
    constraint audit_log_values_fit check ((before is null) = (action = 'created') and (after is null) = (action = 'deleted')),
    constraint audit_log_chained_as_whole check (num_nulls(seq, at, previous_hash, hash) in (0, 4))
);
create index audit_log_by_entity on audit_log (entity_type, entity, seq);
create index audit_log_by_actor on audit_log (actor, seq);
create index audit_log_by_time on audit_log (at, seq);
create index audit_log_unchained on audit_log (id) where seq is null;

-- The end of the chain: one row. Its lock is the last one of each transaction of staff.
create table audit_head (
    seq        bigint not null default 0,
    at         timestamptz not null default '-infinity',
    hash       bytea not null default decode(repeat('00', 32), 'hex'),
    is_the_one boolean not null default true constraint audit_head_is_the_one check (is_the_one),
    constraint audit_head_one_row primary key (is_the_one)
);
insert into audit_head default values;
revoke insert, update on audit_log, audit_head from app_rw;

create function guard_audit_log() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.seq is not null then
        raise exception 'entries of the audit log are never changed or deleted'
            using errcode = '23514', constraint = 'audit_log_only_grows';
    end if;
    return new;
end $$;
create trigger audit_log_only_grows before update or delete on audit_log for each row execute function guard_audit_log();

-- The SHA-256 of the entry as a JSON array, in which the time is in microseconds since 1970 and the hash before is in hexadecimal.
create function audit_hash(entry audit_log) returns bytea language sql stable as $$
    select sha256(convert_to(jsonb_build_array(
        entry.seq, (extract(epoch from entry.at) * 1000000)::bigint, entry.actor, entry.entity_type, entry.entity,
        entry.action, entry.before, entry.after, to_jsonb(entry.withheld), encode(entry.previous_hash, 'hex'))::text, 'UTF8'))
$$;

-- Ids as the API has them, by the name of the member that holds them.
create function audited_value(member text, stored jsonb) returns jsonb language sql immutable as $$
    select case
        when prefix is null then stored
        when jsonb_typeof(stored) = 'string' then to_jsonb(prefix || replace(stored #>> '{}', '-', ''))
        when jsonb_typeof(stored) = 'array' then (
            select coalesce(jsonb_agg(prefix || replace(id, '-', '') order by nth), '[]')
            from jsonb_array_elements_text(stored) with ordinality as ids (id, nth))
        else stored end
    from (select case
        when member in ('product_id', 'products') then 'prod_'
        when member in ('category_id', 'parent_id', 'categories') then 'cat_'
        when member in ('user_id', 'created_by', 'shipped_by', 'cancelled_by', 'given_up_by', 'requested_by') then 'usr_'
        when member = 'order_id' then 'ord_'
        when member = 'order_comment_id' then 'cmt_'
        when member = 'fulfillment_id' then 'ful_'
        when member = 'payment_id' then 'pay_'
        when member = 'refund_id' then 're_'
        when member = 'discount_id' then 'disc_'
        when member = 'shipping_method_id' then 'ship_' end as prefix) as known
$$;

-- Writes an entry of a change. Its arguments: the type of the entity; the columns that identify it; those that say nothing of what
-- staff did; those of a person. Runs at the commit, so that no other lock of the transaction is taken after that of the chain.
create function write_audit_log() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
    entity_type text := tg_argv[0];
    key_columns text[] := tg_argv[1];
    ignored     text[] := tg_argv[2];
    personal    text[] := tg_argv[3];
    was         jsonb := coalesce(to_jsonb(old), '{}');
    becomes     jsonb := coalesce(to_jsonb(new), '{}');
    entity      text;
    changed     text[];
    before      jsonb;
    after       jsonb;
begin
    select array_agg(member order by member) into changed
    from jsonb_object_keys(was || becomes) as member
    where member not in ('id', 'created_at') and member <> all(ignored)
      and coalesce(was -> member, 'null') <> coalesce(becomes -> member, 'null');
    if changed is null then
        return null;
    end if;
    select string_agg(
        public.audited_value(case col when 'id' then entity_type || '_id' else col end, (becomes || was) -> col) #>> '{}',
        '/' order by nth)
    into entity from unnest(key_columns) with ordinality as keys (col, nth);
    select coalesce(jsonb_object_agg(member, public.audited_value(member, was -> member)), '{}'),
           coalesce(jsonb_object_agg(member, public.audited_value(member, becomes -> member)), '{}')
    into before, after from unnest(changed) as member where member <> all(personal);
    insert into public.audit_log (actor, entity_type, entity, action, before, after, withheld)
    values (
        current_setting('app.staff')::uuid, entity_type, coalesce(entity, 'shop'),
        case tg_op when 'INSERT' then 'created' when 'UPDATE' then 'changed' else 'deleted' end,
        case when tg_op <> 'INSERT' then before end, case when tg_op <> 'DELETE' then after end,
        array(select member from unnest(changed) as member where member = any(personal) order by member));
    return null;
end $$;

-- Chains an entry at the commit, behind all other triggers that wait for it: those that take locks have run.
create function chain_audit_log() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    head  public.audit_head;
    entry public.audit_log := new;
begin
    select * into strict head from public.audit_head for no key update;
    entry.seq := head.seq + 1;
    entry.at := greatest(clock_timestamp(), head.at);
    entry.previous_hash := head.hash;
    entry.hash := public.audit_hash(entry);
    update public.audit_log
    set seq = entry.seq, at = entry.at, previous_hash = entry.previous_hash, hash = entry.hash
    where id = entry.id;
    update public.audit_head set seq = entry.seq, at = entry.at, hash = entry.hash;
    return null;
end $$;
create constraint trigger audit_log_chained after insert on audit_log
    deferrable initially deferred for each row execute function chain_audit_log();
revoke execute on function write_audit_log(), chain_audit_log() from public;
grant execute on function write_audit_log(), chain_audit_log() to app_rw;
