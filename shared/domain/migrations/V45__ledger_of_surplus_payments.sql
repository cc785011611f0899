-- The ledger keeps what surplus payments move under kinds of its own, which the sums of an order leave out.
alter table ledger
    drop constraint ledger_kind_known,
    add constraint ledger_kind_known check (kind in (
        'captured', 'refunded', 'refund_failed', 'dispute_withdrawn', 'dispute_reinstated',
        'surplus_captured', 'surplus_refunded', 'surplus_refund_failed')) not valid;

-- The release before enters every refund as one of the order. A refund that is entered again has a number behind its id.
create function ledger_keep_surplus_apart() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if exists (
        select from public.refunds r join public.payments p on p.id = r.payment_id
        where r.provider_refund = split_part(new.source_id, '#', 1) and p.surplus_at is not null) then
        new.kind := 'surplus_' || new.kind;
    end if;
    return new;
end
$$;
create trigger ledger_keep_surplus_apart before insert on ledger
    for each row when (new.source = 'stripe' and new.kind in ('refunded', 'refund_failed'))
    execute function ledger_keep_surplus_apart();
