create unique index if not exists orders_number_taken on orders (number) where number is not null;
