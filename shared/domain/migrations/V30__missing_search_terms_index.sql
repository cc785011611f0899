-- The products for which the sweep has to make them.
create index if not exists products_without_search_terms on products (id) where search_terms is null;
