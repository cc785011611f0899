-- What staff write about an order, for staff.
create table order_comments (
    id         uuid constraint order_comments_pkey primary key,
    order_id   uuid not null constraint order_comments_order_exists references orders,
    -- None once the buyer's data are erased.
    text       text constraint order_comments_text_length check (char_length(text) between 1 and 2000),
    created_by uuid not null constraint order_comments_created_by_exists references users,
    created_at timestamptz not null default now()
);
create index order_comments_of_order on order_comments (order_id, id);
create constraint trigger order_comments_audited after insert or update or delete on order_comments
    deferrable initially deferred for each row when (current_setting('app.staff', true) <> '')
    execute function write_audit_log('order_comment', '{id}', '{}', '{text}');
