-- When the newest count of a source that was applied was taken: a count from before it says nothing any more.
alter table inventory_sources
    add column counted_at timestamptz constraint inventory_sources_counted_at_finite check (isfinite(counted_at));

-- Why a count does not fit. The release before writes no reason: below what is reserved. A count whose product is gone has a
-- SKU only; the release before does not list it.
alter table stock_discrepancies
    drop constraint stock_discrepancies_pkey,
    alter column product_id drop not null,
    add column sku text,
    add column reason text,
    add constraint stock_discrepancies_reason_known
        check (reason in ('below_reserved', 'stock_moved', 'old_sequence', 'unknown_sku')) not valid,
    add constraint stock_discrepancies_of_a_product check (product_id is not null or sku is not null) not valid;
create unique index if not exists stock_discrepancies_once on stock_discrepancies (product_id, source, sequence);
create unique index if not exists stock_discrepancies_of_sku_once
    on stock_discrepancies (source, sequence, sku) where product_id is null;
