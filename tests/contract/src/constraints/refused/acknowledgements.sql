-- Like refused.sql, about acknowledgements.

-- acknowledgements_once
insert into acknowledgements select * from acknowledgements;
-- acknowledgements_kind_known
update acknowledgements set kind = 'weather';
-- acknowledgements_subject_length
update acknowledgements set subject = '';
-- acknowledgements_state_length
update acknowledgements set state = repeat('x', 301);
-- acknowledgements_reason_length
update acknowledgements set reason = '';
-- acknowledgements_created_by_exists
update acknowledgements set created_by = gen_random_uuid();
