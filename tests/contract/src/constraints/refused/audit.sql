-- Like refused.sql, about the audit log.

-- audit_log_pkey
insert into audit_log (id, actor, entity_type, entity, action, after) overriding system value
    select id, actor, entity_type, entity, action, after from audit_log limit 1;
-- audit_log_action_known
insert into audit_log (actor, entity_type, entity, action, before, after)
    values ('00000000-0000-7000-8000-00000000000a', 'product', 'prod_1', 'seen', '{}', '{}');
-- audit_log_values_fit
insert into audit_log (actor, entity_type, entity, action, before, after)
    values ('00000000-0000-7000-8000-00000000000a', 'product', 'prod_1', 'created', '{}', '{}');
-- audit_log_chained_as_whole
insert into audit_log (actor, entity_type, entity, action, after, seq)
    values ('00000000-0000-7000-8000-00000000000a', 'product', 'prod_1', 'created', '{}', 99);
-- audit_log_seq_once
insert into audit_log (actor, entity_type, entity, action, after, seq, at, previous_hash, hash)
    values ('00000000-0000-7000-8000-00000000000a', 'product', 'prod_1', 'created', '{}', 1, now(), '', '');
-- audit_log_only_grows
update audit_log set entity = 'another';
-- audit_head_is_the_one
update audit_head set is_the_one = false;
-- audit_head_one_row
insert into audit_head default values;
