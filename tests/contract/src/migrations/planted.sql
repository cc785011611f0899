-- passes
alter table orders
    add column gift_note text,
    add column gift boolean not null default false,
    add column wrapped_at timestamptz default now();
create table gifts (id uuid primary key, order_id uuid not null references orders);
create index gifts_by_order on gifts (order_id);
alter table gifts add constraint gifts_id check (id is not null), alter column order_id drop default;
revoke update on gifts from app_rw;
create function wrap() returns void language sql as $$ update orders set gift = true; delete from orders $$;
revoke execute on function wrap() from public;

-- passes
alter table orders
    drop constraint orders_total_range,
    add constraint orders_total_range check (total_minor between 0 and 5) not valid,
    add constraint orders_note_there check (gift_note is not null) not valid;
alter table reconciliations add column pages integer constraint reconciliations_pages_not_negative check (pages >= 0);

-- refused: add a check
alter table orders alter column gift_note set not null;

-- passes
set local statement_timeout = '3min';
alter table orders validate constraint orders_note_there;

-- passes
alter table orders alter column gift_note set not null;

-- refused: reads all rows
alter table orders add constraint orders_gift check (gift_note <> '');

-- refused: reads all rows
alter table orders add constraint orders_of_gift foreign key (gift_id) references gifts;

-- refused: builds an index
alter table orders add constraint orders_gift_taken unique (gift_note);

-- passes
alter table orders add constraint orders_gift_taken unique using index orders_by_gift;

-- refused: reads all rows
alter table orders add column ribbon text constraint orders_ribbon_length check (char_length(ribbon) < 9);

-- refused: reads all rows
alter table orders add column gift_id uuid references gifts;

-- refused: writes all rows anew
alter table orders add column gift_code uuid default gen_random_uuid();

-- refused: writes all rows anew
alter table orders add column line bigint generated always as identity;

-- refused: writes all rows anew
ALTER TABLE orders ALTER COLUMN gift_note TYPE varchar(100);

-- refused: does not fill the column
alter table orders add column ribbon text not null;

-- refused: does not fill the column
alter table reconciliations add column ribbon text not null;

-- refused: uses it
alter table orders drop column note;

-- refused: uses it
alter table orders rename column note to remark;

-- refused: uses it
drop table emails;

-- refused: uses it
drop function take_turn(uuid, text, text);

-- refused: relies on the default
alter table orders alter status drop default;

-- refused: in a migration of its own
alter table orders add column ribbon text;
alter table orders validate constraint orders_total_range;

-- refused: if not exists
create index orders_by_note on orders (note);

-- refused: if not exists
create unique index orders_by_note on only orders (note);

-- refused: is a transaction
create index concurrently if not exists orders_by_note on orders (note);

-- refused: some at a time
update orders set gift_note = ''; -- all of them

-- refused: some at a time
do $$
begin
    if exists (select from orders) then
        update orders set gift_note = '';
    end if;
end $$;

-- passes
create index if not exists orders_by_gift on orders (gift);

-- refused: in a migration of its own
alter table orders add column gift_note text;
create index if not exists orders_by_gift_note on orders (gift_note);

-- refused: some at a time
delete from emails where sent_at < now();

-- refused: nobody can use
truncate rate_buckets;

-- refused: nobody can use
lock table orders;

-- refused: may need the right
revoke update on orders from app_rw;

-- refused: outlives the migration
set statement_timeout = '3min';

-- refused: may need the right
revoke execute on function take_turn(uuid, text, text) from app_rw;
