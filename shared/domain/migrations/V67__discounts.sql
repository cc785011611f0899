-- What is taken off baskets, by a code or by itself. Fixed amounts and minimums are of one currency.
create table discounts (
    id            uuid not null constraint discounts_pkey primary key,
    title         text not null constraint discounts_title_length check (char_length(title) between 1 and 200),
    code          text constraint discounts_code_shape check (code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'),
    target        text not null constraint discounts_target_known check (target in ('products', 'order', 'shipping')),
    kind          text not null constraint discounts_kind_known check (kind in ('percent', 'fixed')),
    percent_bp    integer constraint discounts_percent_range check (percent_bp between 1 and 10000),
    currency      text constraint discounts_currency_shape check (currency ~ '^[A-Z]{3}$'),
    value_minor   bigint constraint discounts_value_range check (value_minor between 1 and 999999999999),
    minimum_minor bigint constraint discounts_minimum_range check (minimum_minor between 1 and 999999999999),
    products      uuid[] not null default '{}'
                  constraint discounts_products_whole
                  check (cardinality(products) <= 1000 and array_position(products, null) is null),
    categories    uuid[] not null default '{}'
                  constraint discounts_categories_whole
                  check (cardinality(categories) <= 100 and array_position(categories, null) is null),
    starts_at     timestamptz not null default '-infinity',
    ends_at       timestamptz not null default 'infinity',
    max_uses      integer constraint discounts_max_uses_positive check (max_uses > 0),
    max_per_buyer smallint constraint discounts_max_per_buyer_range check (max_per_buyer between 1 and 100),
    combines      boolean not null default false,
    priority      smallint not null default 100,
    active        boolean not null default true,
    used          integer not null default 0,
    version       bigint not null default 1,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    -- The uses of a discount with a limit that were not given back; those of others are not counted.
    constraint discounts_used_within_limit check (used >= 0 and used <= coalesce(max_uses, 0)),
    constraint discounts_window check (starts_at < ends_at),
    constraint discounts_value check (
        (kind = 'percent') = (percent_bp is not null) and (kind = 'fixed') = (value_minor is not null)
        and (currency is not null or (kind = 'percent' and minimum_minor is null))),
    constraint discounts_on_step check (
        coalesce(value_minor, 0) % money_step(currency) = 0 and coalesce(minimum_minor, 0) % money_step(currency) = 0),
    constraint discounts_products_named check (
        (target = 'products') = (cardinality(products) + cardinality(categories) > 0))
);
create unique index discounts_code_taken on discounts (code) where active and code is not null;
create index discounts_without_code on discounts (priority, id) where active and code is null;

-- A use that is under way while a limit is introduced would not be counted, and its order could never be cancelled.
create function guard_discount() returns trigger language plpgsql as $$
begin
    if (old.max_uses is null) <> (new.max_uses is null) then
        raise exception 'whether a discount has a limit of uses is settled when it is made'
            using errcode = '23514', constraint = 'discounts_limited_from_the_start';
    end if;
    return new;
end $$;
create trigger discounts_limited_from_the_start before update of max_uses on discounts
    for each row execute function guard_discount();

-- The discounts of an order, as they were when it was placed. The buyer is the SHA-256 of an e-mail address; nth is the use
-- of that buyer, if each may use it so many times only. The order is inserted after its uses.
create table discount_uses (
    discount_id  uuid not null constraint discount_uses_of_discount references discounts,
    order_id     uuid not null constraint discount_uses_of_order references orders deferrable initially deferred,
    code         text constraint discount_uses_code_shape check (code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'),
    title        text not null constraint discount_uses_title_length check (char_length(title) between 1 and 200),
    target       text not null constraint discount_uses_target_known check (target in ('products', 'order', 'shipping')),
    amount_minor bigint not null constraint discount_uses_amount_positive check (amount_minor > 0),
    buyer        bytea not null constraint discount_uses_buyer_is_hash check (octet_length(buyer) = 32),
    nth          smallint constraint discount_uses_nth_range check (nth between 1 and 100),
    used_at      timestamptz not null default now(),
    released_at  timestamptz,
    constraint discount_uses_once primary key (discount_id, order_id)
);
create unique index discount_uses_within_buyers_limit on discount_uses (discount_id, buyer, nth) where released_at is null;
create index discount_uses_by_order on discount_uses (order_id);
revoke update on discount_uses from app_rw;

-- Gives back what a cancelled order used, whoever cancels it. Deferred, for discounts are locked after products, and an order
-- is updated before its products are.
create function give_back_discounts() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    with freed as (
        update public.discount_uses set released_at = now()
        where order_id = new.id and released_at is null
        returning discount_id
    ), locked as (
        select d.id from public.discounts d join freed f on f.discount_id = d.id
        where d.max_uses is not null order by d.id for no key update of d
    )
    update public.discounts d set used = d.used - 1 from locked where d.id = locked.id;
    return null;
end $$;
create constraint trigger orders_give_back_discounts after update of status on orders
    deferrable initially deferred for each row
    when (new.status = 'cancelled' and old.status <> 'cancelled' and new.discount_minor > 0)
    execute function give_back_discounts();

-- Whoever has left is nobody's buyer. Does nothing unless the account is erased.
create function forget_discounts_of(person uuid) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (
        update public.discount_uses d set buyer = sha256(uuid_send(gen_random_uuid()))
        from public.orders o join public.users u on u.id = o.user_id
        where u.id = person and u.erased_at is not null and d.order_id = o.id
        returning 1
    )
    select count(*) from gone
$$;
revoke execute on function give_back_discounts(), forget_discounts_of(uuid) from public;
grant execute on function give_back_discounts(), forget_discounts_of(uuid) to app_rw;
