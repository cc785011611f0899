set local statement_timeout = '3min';
alter table emails validate constraint emails_status_known;
