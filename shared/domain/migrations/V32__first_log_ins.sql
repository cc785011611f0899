-- Whether log-ins need a verified address, so that nobody learns by registering and logging in who has an account. Accounts
-- from before, and those that the release before creates meanwhile, may go on as they did.
alter table users add column proof_required boolean not null default false;
