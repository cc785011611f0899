-- A request waits for its twins and finds what any of them left, as with take_turn, under every spelling of its key: one in
-- quotation marks is the key inside them, and the release before kept it as it was sent. If they left nothing, app.turn
-- says in the transaction whose turn it is: a write that leaves together with this asks for it, and so has no effect when
-- the response is stored already, or outside the transaction, where the setting ends with this statement.
create function begin_turn(who uuid, wanted text[], shared text[],
                           out fingerprint bytea, out response_status smallint, out response_body bytea)
returns setof record language plpgsql as $$
declare
    name text;
begin
    foreach name in array shared loop
        perform pg_advisory_xact_lock(7003, hashtext(who::text || name));
    end loop;
    return query
        select kept.fingerprint, kept.response_status, kept.response_body
        from idempotency_keys kept
        where kept.user_id = who and kept.key = any(wanted) and kept.created_at >= now() - interval '72 hours'
        order by kept.created_at
        limit 1;
    if not found then
        perform set_config('app.turn', 'taken', true);
    end if;
end $$;

-- For a statement whose answer nobody waits for: where no row would say that a concurrent transaction was first, this fails,
-- and with it the transaction, which runs again.
create function collide() returns boolean language plpgsql as $$
begin
    raise exception 'a concurrent transaction wrote the same row first' using errcode = '40001';
end $$;
