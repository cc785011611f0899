-- In a migration of its own: it locks both tables.
alter table refunds
    add constraint refunds_requested_by_exists foreign key (requested_by) references users not valid;
