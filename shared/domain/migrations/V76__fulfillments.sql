-- Parcels: an order is shipped in one or in several. Each is packed, then handed over to a carrier, or unpacked again.
create table fulfillments (
    id              uuid constraint fulfillments_pkey primary key,
    order_id        uuid not null constraint fulfillments_order_exists references orders,
    status          text not null constraint fulfillments_status_known check (status in ('packed', 'shipped', 'cancelled')),
    carrier         text constraint fulfillments_carrier_length check (char_length(carrier) between 1 and 100),
    tracking_number text
        constraint fulfillments_tracking_number_length check (char_length(tracking_number) between 1 and 100),
    tracking_url    text constraint fulfillments_tracking_url_is_https
        check (tracking_url like 'https://_%' and char_length(tracking_url) <= 500),
    created_at      timestamptz not null default now(),
    shipped_at      timestamptz,
    cancelled_at    timestamptz,
    -- Who packed it, handed it over and unpacked it.
    created_by      uuid constraint fulfillments_created_by_exists references users,
    shipped_by      uuid constraint fulfillments_shipped_by_exists references users,
    cancelled_by    uuid constraint fulfillments_cancelled_by_exists references users,
    constraint fulfillments_shipped_has_time check ((status = 'shipped') = (shipped_at is not null)),
    constraint fulfillments_shipped_has_carrier check ((status = 'shipped') = (carrier is not null)),
    constraint fulfillments_tracked_is_shipped
        check (status = 'shipped' or (tracking_number is null and tracking_url is null)),
    constraint fulfillments_cancelled_has_time check ((status = 'cancelled') = (cancelled_at is not null))
);
create index fulfillments_of_order on fulfillments (order_id, id);

create table fulfillment_lines (
    fulfillment_id uuid not null constraint fulfillment_lines_of_fulfillment references fulfillments,
    product_id     uuid not null constraint fulfillment_lines_of_product references products,
    quantity       integer not null constraint fulfillment_lines_quantity_range check (quantity between 1 and 1000),
    constraint fulfillment_lines_product_once primary key (fulfillment_id, product_id)
);
revoke update on fulfillment_lines from app_rw;

create function guard_fulfillment() returns trigger language plpgsql as $$
begin
    if old.status <> 'packed' and new.status <> old.status then
        raise exception 'a fulfillment cannot go from % to %', old.status, new.status
            using errcode = '23514', constraint = 'fulfillments_move_is_legal';
    end if;
    if (new.id, new.order_id, new.created_at) is distinct from (old.id, old.order_id, old.created_at) then
        raise exception 'a fulfillment stays what it is' using errcode = '23514', constraint = 'fulfillments_stay';
    end if;
    return new;
end $$;
create trigger fulfillments_guard before update on fulfillments for each row execute function guard_fulfillment();
