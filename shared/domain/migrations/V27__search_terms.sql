-- What a product is searched and sorted by, which the application makes of its texts, so that it is the same on every server.
-- Null where it is not made yet: then what the server makes is searched, and the sweep makes it.
-- A shop with very many products adds the columns by hand before the deploy, and builds the indexes that follow concurrently.
alter table products add column if not exists search_terms tsvector, add column if not exists sort_name text collate "C";

-- The release before changes the texts alone, and people do. After the update: with a trigger before it, PostgreSQL would make
-- generated columns anew for each piece sold.
create function forget_search_terms() returns trigger language plpgsql as $$
begin
    update products set search_terms = null, sort_name = null where id = new.id;
    return null;
end $$;
create trigger products_search_terms after update of sku, name, description on products for each row
    when ((new.sku, new.name, new.description) is distinct from (old.sku, old.name, old.description)
          and new.search_terms is not distinct from old.search_terms and new.search_terms is not null)
    execute function forget_search_terms();
