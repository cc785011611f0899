-- An order's lines are written by one statement, and looked at once, however many they are: summing all lines for each
-- new one made an order of 100 lines add 10,000. What is taken from an order later is still looked at line by line.
drop trigger order_lines_are_totalled on order_lines;
create constraint trigger order_lines_are_totalled after update or delete on order_lines
    deferrable initially deferred for each row execute function check_order_lines();

create function check_new_lines() returns trigger language plpgsql as $$
begin
    if exists (
        select from orders o
        where o.id in (select order_id from new_lines)
          and o.subtotal_minor is distinct from (select sum(line_minor) from order_lines where order_id = o.id)
    ) then
        raise exception 'an order totals its lines' using errcode = '23514', constraint = 'orders_totals_its_lines';
    end if;
    return null;
end $$;
create trigger order_lines_are_added_up after insert on order_lines
    referencing new table as new_lines for each statement execute function check_new_lines();

-- Counts change with every order, and a key's answer follows its claim: with room on its page, a row's next version
-- needs no new entry in any index (HOT).
alter table products set (fillfactor = 80);
alter table idempotency_keys set (fillfactor = 50);
