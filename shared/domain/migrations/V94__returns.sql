-- Returns: pieces of an order that come back. A buyer requests one, or staff do; staff decide on it, and say what arrived.
create table returns (
    id           uuid constraint returns_pkey primary key,
    order_id     uuid not null constraint returns_order_exists references orders,
    status       text not null constraint returns_status_known
        check (status in ('requested', 'approved', 'rejected', 'received', 'cancelled')),
    -- What the buyer wrote, how the goods are to be sent, and why not at all. None once the buyer's data are erased.
    note         text constraint returns_note_length check (char_length(note) between 1 and 1000),
    instructions text constraint returns_instructions_length check (char_length(instructions) between 1 and 1000),
    reason       text constraint returns_reason_length check (char_length(reason) between 1 and 500),
    requested_at timestamptz not null default now(),
    decided_at   timestamptz,
    received_at  timestamptz,
    cancelled_at timestamptz,
    -- Of a guest, none.
    requested_by uuid constraint returns_requested_by_exists references users,
    decided_by   uuid constraint returns_decided_by_exists references users,
    received_by  uuid constraint returns_received_by_exists references users,
    cancelled_by uuid constraint returns_cancelled_by_exists references users,
    constraint returns_decided_has_time check (
        case status when 'requested' then decided_at is null when 'cancelled' then true else decided_at is not null end),
    constraint returns_received_has_time check ((status = 'received') = (received_at is not null)),
    constraint returns_cancelled_has_time check ((status = 'cancelled') = (cancelled_at is not null)),
    constraint returns_instructed_is_approved check (instructions is null or (decided_at is not null and status <> 'rejected')),
    constraint returns_reason_is_of_rejected check (reason is null or status = 'rejected')
);
create index returns_of_order on returns (order_id, id);
create index returns_by_status on returns (status, id);

create table return_lines (
    return_id  uuid not null constraint return_lines_of_return references returns,
    product_id uuid not null constraint return_lines_of_product references products,
    quantity   integer not null constraint return_lines_quantity_range check (quantity between 1 and 1000),
    -- How many of the pieces arrived, and how. None before.
    received   integer,
    condition  text constraint return_lines_condition_known check (condition in ('new', 'opened', 'damaged')),
    -- Of those that arrived, the pieces that are for sale again.
    restocked  integer not null default 0,
    constraint return_lines_product_once primary key (return_id, product_id),
    constraint return_lines_received_within_quantity check (received between 0 and quantity),
    constraint return_lines_restocked_within_received check (restocked between 0 and coalesce(received, 0)),
    constraint return_lines_received_has_condition check ((coalesce(received, 0) > 0) = (condition is not null))
);
revoke update on return_lines from app_rw;
grant update (received, condition, restocked) on return_lines to app_rw;

create function guard_return() returns trigger language plpgsql as $$
begin
    if new.status <> old.status and (old.status, new.status) not in
       (('requested', 'approved'), ('requested', 'rejected'), ('requested', 'cancelled'),
        ('approved', 'received'), ('approved', 'cancelled'))
    then
        raise exception 'a return cannot go from % to %', old.status, new.status
            using errcode = '23514', constraint = 'returns_move_is_legal';
    end if;
    if (new.id, new.order_id, new.requested_at) is distinct from (old.id, old.order_id, old.requested_at) then
        raise exception 'a return stays what it is' using errcode = '23514', constraint = 'returns_stay';
    end if;
    return new;
end $$;
create trigger returns_guard before update on returns for each row execute function guard_return();

create function guard_return_line() returns trigger language plpgsql as $$
begin
    if old.received is not null then
        raise exception 'goods arrive once' using errcode = '23514', constraint = 'return_lines_received_once';
    end if;
    return new;
end $$;
create trigger return_lines_guard before update on return_lines for each row execute function guard_return_line();

create or replace function audited_value(member text, stored jsonb) returns jsonb language sql immutable as $$
    select case
        when prefix is null then stored
        when jsonb_typeof(stored) = 'string' then to_jsonb(prefix || replace(stored #>> '{}', '-', ''))
        when jsonb_typeof(stored) = 'array' then (
            select coalesce(jsonb_agg(prefix || replace(id, '-', '') order by nth), '[]')
            from jsonb_array_elements_text(stored) with ordinality as ids (id, nth))
        else stored end
    from (select case
        when member in ('product_id', 'products') then 'prod_'
        when member in ('category_id', 'parent_id', 'categories') then 'cat_'
        when member in ('user_id', 'created_by', 'shipped_by', 'cancelled_by', 'given_up_by', 'requested_by', 'decided_by',
                        'received_by') then 'usr_'
        when member = 'order_id' then 'ord_'
        when member = 'order_comment_id' then 'cmt_'
        when member = 'fulfillment_id' then 'ful_'
        when member = 'return_id' then 'ret_'
        when member = 'payment_id' then 'pay_'
        when member = 'refund_id' then 're_'
        when member = 'discount_id' then 'disc_'
        when member = 'shipping_method_id' then 'ship_' end as prefix) as known
$$;
create constraint trigger returns_audited after insert or update or delete on returns
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('return', '{id}', '{}', '{note,instructions,reason}');
