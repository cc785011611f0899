-- Whose SKU was meant, if a feed writes it in other capitals.
create index if not exists products_by_lower_sku on products (lower(sku)) where status <> 'archived';
