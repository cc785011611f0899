-- An email that was not sent, because nobody has proven that its address is theirs, is not sent later either.
alter table emails
    drop constraint emails_status_known,
    add constraint emails_status_known check (status in ('claimed', 'sent', 'failed', 'dropped')) not valid;
-- Whether the buyer may pay by voucher, which holds the stock for days. Stored, for a repeated request to Stripe is the same.
alter table payments add column vouchers boolean not null default true;
