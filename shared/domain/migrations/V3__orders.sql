create table orders (
    id                  uuid primary key,
    user_id             uuid not null references users on delete restrict,
    status              text not null default 'pending'
                        constraint orders_status_known check (status in ('pending', 'confirmed', 'shipped', 'cancelled')),
    currency            text not null constraint orders_currency_shape check (currency ~ '^[A-Z]{3}$'),
    subtotal_minor      bigint not null constraint orders_subtotal_not_negative check (subtotal_minor >= 0),
    discount_minor      bigint not null default 0 constraint orders_discount_not_negative check (discount_minor >= 0),
    shipping_minor      bigint not null default 0 constraint orders_shipping_not_negative check (shipping_minor >= 0),
    tax_minor           bigint not null default 0 constraint orders_tax_not_negative check (tax_minor >= 0),
    total_minor         bigint not null constraint orders_total_range check (total_minor between 0 and 99999999),
    captured_minor      bigint not null default 0,
    refunded_minor      bigint not null default 0,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    expires_at          timestamptz constraint orders_expires_at_finite check (isfinite(expires_at)),
    cancel_requested_at timestamptz,
    cancelled_at        timestamptz,
    cancel_reason       text constraint orders_cancel_reason_known
                        check (cancel_reason in ('requested', 'expired', 'payment_canceled')),
    -- When the sweep next looks whether it can end the order. A lease: two sweeps do not ask Stripe at once.
    close_at            timestamptz not null default now(),
    version             bigint not null default 1,
    constraint orders_total_adds_up
        check (total_minor = subtotal_minor - discount_minor + shipping_minor + tax_minor),
    constraint orders_captured_within_total check (captured_minor between 0 and total_minor),
    constraint orders_refunded_within_captured check (refunded_minor between 0 and captured_minor),
    constraint orders_confirmed_is_paid
        check (status not in ('confirmed', 'shipped') or captured_minor = total_minor),
    constraint orders_pending_expires check ((status = 'pending') = (expires_at is not null)),
    constraint orders_cancelled_has_time check ((status = 'cancelled') = (cancelled_at is not null)),
    -- A request says why before the order is cancelled: Stripe may take a moment.
    constraint orders_cancel_has_reason
        check ((cancelled_at is not null or cancel_requested_at is not null) = (cancel_reason is not null)),
    constraint orders_id_currency unique (id, currency)
);
create index orders_by_user on orders (user_id, id);
create index orders_to_close on orders (close_at) where status = 'pending';

create table order_lines (
    order_id     uuid not null,
    product_id   uuid not null,
    sku          text not null constraint order_lines_sku_length check (char_length(sku) between 1 and 64),
    name         text not null constraint order_lines_name_length check (char_length(name) between 1 and 200),
    currency     text not null,
    quantity     integer not null constraint order_lines_quantity_range check (quantity between 1 and 1000),
    unit_minor   bigint not null constraint order_lines_unit_range check (unit_minor between 0 and 99999999),
    line_minor   bigint not null generated always as (quantity * unit_minor) stored,
    constraint order_lines_product_once primary key (order_id, product_id),
    constraint order_lines_currency_of_order foreign key (order_id, currency) references orders (id, currency),
    constraint order_lines_currency_of_product foreign key (product_id, currency) references products (id, currency)
);
create index order_lines_by_product on order_lines (product_id);

create table order_history (
    order_id    uuid not null references orders,
    version     bigint not null,
    from_status text,
    to_status   text not null,
    reason      text,
    at          timestamptz not null default now(),
    primary key (order_id, version)
);

create function guard_order() returns trigger language plpgsql as $$
begin
    if new.status <> old.status and (old.status, new.status) not in
       (('pending', 'confirmed'), ('pending', 'cancelled'), ('confirmed', 'shipped'), ('confirmed', 'cancelled'))
    then
        raise exception 'an order cannot go from % to %', old.status, new.status
            using errcode = '23514', constraint = 'orders_move_is_legal';
    end if;
    if (new.id, new.user_id, new.currency, new.subtotal_minor, new.total_minor, new.created_at)
       is distinct from (old.id, old.user_id, old.currency, old.subtotal_minor, old.total_minor, old.created_at)
    then
        raise exception 'what an order was placed with stays' using errcode = '23514', constraint = 'orders_terms_stay';
    end if;
    new.version := old.version + 1;
    new.updated_at := now();
    return new;
end $$;
create trigger orders_guard before update on orders for each row execute function guard_order();

create function write_order_history() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into order_history (order_id, version, to_status) values (new.id, new.version, new.status);
    elsif new.status <> old.status then
        insert into order_history (order_id, version, from_status, to_status, reason)
        values (new.id, new.version, old.status, new.status, new.cancel_reason);
    end if;
    return null;
end $$;
create trigger orders_history after insert or update of status on orders
    for each row execute function write_order_history();

-- Deferred: an order and its lines are written one after the other, and must agree at the commit.
create function check_order_lines() returns trigger language plpgsql as $$
declare
    checked uuid;
begin
    if tg_table_name = 'orders' then checked := new.id;
    elsif tg_op = 'DELETE' then checked := old.order_id;
    else checked := new.order_id;
    end if;
    if (select subtotal_minor from orders where id = checked)
       is distinct from (select coalesce(sum(line_minor), -1) from order_lines where order_id = checked)
    then
        raise exception 'an order totals its lines' using errcode = '23514', constraint = 'orders_totals_its_lines';
    end if;
    return null;
end $$;
create constraint trigger orders_totals_its_lines after insert on orders
    deferrable initially deferred for each row execute function check_order_lines();
create constraint trigger order_lines_are_totalled after insert or update or delete on order_lines
    deferrable initially deferred for each row execute function check_order_lines();

create table idempotency_keys (
    user_id         uuid not null references users,
    key             text not null constraint idempotency_keys_key_shape check (key ~ '^[ -~]{16,255}$'),
    method          text not null,
    route           text not null,
    fingerprint     bytea not null constraint idempotency_keys_fingerprint_is_sha256 check (octet_length(fingerprint) = 32),
    response_status smallint constraint idempotency_keys_no_failure_kept check (response_status between 200 and 499),
    response_body   bytea,
    created_at      timestamptz not null default now(),
    primary key (user_id, key),
    constraint idempotency_keys_answer_is_whole check ((response_status is null) = (response_body is null))
);

revoke update on order_lines, order_history from app_rw;
