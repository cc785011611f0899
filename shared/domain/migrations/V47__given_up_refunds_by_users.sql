-- In a migration of its own: it locks both tables.
alter table refunds
    add constraint refunds_given_up_by_exists foreign key (given_up_by) references users not valid;
