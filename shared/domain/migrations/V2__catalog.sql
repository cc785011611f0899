create table categories (
    id         uuid primary key,
    parent_id  uuid constraint categories_parent_exists references categories on delete restrict,
    name       text not null constraint categories_name_length check (char_length(name) between 1 and 100),
    version    bigint not null default 1,
    created_at timestamptz not null default now(),
    constraint categories_not_own_parent check (parent_id <> id)
);
create unique index categories_name_taken on categories (coalesce(parent_id, '00000000-0000-0000-0000-000000000000'), lower(name));
create index categories_by_parent on categories (parent_id);
-- Products are archived, but a category that nothing stands in may go.
grant delete on categories to app_rw;

-- A move under one's own descendant would cut a branch off the tree. The lock makes two crossing moves wait for one another.
create function keep_categories_a_tree() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(7002);
    if exists (
        with recursive above as (
            select id, parent_id from categories where id = new.parent_id
            union
            select c.id, c.parent_id from categories c join above on c.id = above.parent_id
        )
        select 1 from above where id = new.id
    ) then
        raise exception 'a category cannot stand below itself' using errcode = '23514', constraint = 'categories_are_a_tree';
    end if;
    return new;
end $$;
create trigger categories_are_a_tree before update of parent_id on categories
    for each row when (new.parent_id is not null) execute function keep_categories_a_tree();

create table products (
    id          uuid primary key,
    sku         text not null constraint products_sku_shape check (sku ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    name        text not null constraint products_name_length check (char_length(name) between 1 and 200),
    description text not null default '' constraint products_description_length check (char_length(description) <= 5000),
    category_id uuid constraint products_category_exists references categories on delete restrict,
    price_minor bigint not null constraint products_price_range check (price_minor between 0 and 99999999),
    currency    text not null constraint products_currency_shape check (currency ~ '^[A-Z]{3}$'),
    on_hand     integer not null constraint products_on_hand_not_negative check (on_hand >= 0),
    reserved    integer not null default 0 constraint products_reserved_not_negative check (reserved >= 0),
    metadata    jsonb not null default '{}'
                constraint products_metadata_is_object check (jsonb_typeof(metadata) = 'object')
                constraint products_metadata_size check (octet_length(metadata::text) <= 16384),
    status      text not null default 'active'
                constraint products_status_known check (status in ('draft', 'active', 'archived')),
    version     bigint not null default 1,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    search      tsvector not null generated always as (
                    setweight(to_tsvector('simple', name), 'A') || setweight(to_tsvector('simple', sku), 'B')
                    || setweight(to_tsvector('simple', description), 'C')) stored,
    constraint products_never_oversold check (reserved <= on_hand),
    constraint products_id_currency unique (id, currency)
);
-- An archived product frees its sku.
create unique index products_sku_taken on products (sku) where status <> 'archived';
create index products_by_category on products (category_id, id);
create index products_by_time on products (created_at, id);
create index products_by_price on products (price_minor, id);
create index products_by_name on products (name, id);
create index products_by_search on products using gin (search);
create index products_by_metadata on products using gin (metadata jsonb_path_ops);

-- The ledger of stock: what changed a product's counts, once per source. Sums to the counts.
create table stock_moves (
    product_id     uuid not null references products,
    source         text not null constraint stock_moves_source_length check (char_length(source) between 1 and 100),
    source_id      text not null constraint stock_moves_source_id_length check (char_length(source_id) between 1 and 100),
    on_hand_delta  integer not null,
    reserved_delta integer not null,
    moved_at       timestamptz not null default now(),
    constraint stock_moves_once primary key (product_id, source, source_id),
    constraint stock_moves_moves_something check (on_hand_delta <> 0 or reserved_delta <> 0)
);

-- The newest sequence number seen of each supplier feed, per product.
create table inventory_sources (
    product_id uuid not null references products,
    source     text not null constraint inventory_sources_source_length check (char_length(source) between 1 and 50),
    sequence   bigint not null constraint inventory_sources_sequence_not_negative check (sequence >= 0),
    seen_at    timestamptz not null default now(),
    primary key (product_id, source)
);

-- A feed that counts less than is promised to customers: the count is clipped, and a person must look.
create table stock_discrepancies (
    product_id uuid not null references products,
    source     text not null,
    sequence   bigint not null,
    counted    integer not null constraint stock_discrepancies_counted_not_negative check (counted >= 0),
    reserved   integer not null,
    found_at   timestamptz not null default now(),
    primary key (product_id, source, sequence)
);

revoke update on stock_moves, stock_discrepancies from app_rw;
