-- Reads all refunds, and keeps nobody from writing them.
set local statement_timeout = '3min';
alter table refunds validate constraint refunds_requested_by_exists;
