-- A migration of its own, as each index of a large table: what locks a table stays locked until the migration ends.
create index if not exists products_by_search_terms on products using gin ((coalesce(search_terms, search)));
