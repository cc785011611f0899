-- When somebody wants to hear that a product runs low, and how often that happened.
alter table products
    add column low_stock_threshold integer
        constraint products_low_stock_threshold_range check (low_stock_threshold between 0 and 1000000000),
    add column low_stock           boolean not null default false,
    add column low_stock_crossings integer not null default 0
        constraint products_low_stock_crossings_not_negative check (low_stock_crossings >= 0);
create index products_low on products (sku) where low_stock and status <> 'archived';

-- Here and not in the domain: every order, cancellation, shipment, count and adjustment moves the counts, each with a
-- statement of its own, and none of them can forget a trigger. The payload is that of `outbox::Message`; a test reads it.
create function notice_low_stock() returns trigger language plpgsql as $$
declare
    product text := 'prod_' || replace(new.id::text, '-', '');
begin
    new.low_stock := coalesce(new.on_hand - new.reserved <= new.low_stock_threshold, false);
    if new.low_stock and not old.low_stock and new.status <> 'archived' then
        new.low_stock_crossings := old.low_stock_crossings + 1;
        insert into outbox (topic, dedupe_key, payload)
        values (
            'mail',
            'stock_low:' || product || ':' || new.low_stock_crossings,
            jsonb_build_object('v', 1, 'type', 'stock_low', 'product', product, 'crossing', new.low_stock_crossings)
        )
        on conflict on constraint outbox_once do nothing;
    end if;
    return new;
end $$;
create trigger products_low_stock before update of on_hand, reserved, low_stock_threshold on products
    for each row when (new.low_stock_threshold is not null or old.low_stock)
    execute function notice_low_stock();

-- The ledger in the order in which it was written, and why and by whom where a person changed the stock.
alter table stock_moves
    add column move_id bigint generated always as identity constraint stock_moves_move_id_taken unique,
    add column reason  text constraint stock_moves_reason_known
        check (reason in ('received', 'damaged', 'lost', 'found', 'correction', 'returned')),
    add column note    text constraint stock_moves_note_length check (char_length(note) between 1 and 500),
    add column actor   uuid constraint stock_moves_actor_exists references users,
    add constraint stock_moves_adjustment_is_signed
        check ((source = 'adjustment') = (reason is not null) and (reason is null or actor is not null));
create index stock_moves_by_product on stock_moves (product_id, move_id);

alter table stock_discrepancies
    add column discrepancy_id bigint generated always as identity
        constraint stock_discrepancies_discrepancy_id_taken unique;

-- What people who run the shop leaf through, the newest first.
create index stripe_events_by_time on stripe_events (received_at, event_id);
create index emails_by_time on emails (created_at, dedupe_key);
