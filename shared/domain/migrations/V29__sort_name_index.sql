create index if not exists products_by_sort_name on products ((coalesce(sort_name, lower(name collate "C"))), id);
