-- What is too long for one tick goes on in the next one: how far a comparison has read each of Stripe's lists, which begin
-- with the newest.
alter table reconciliations
    -- Stripe's id of the last one; nothing was read yet if there is none.
    add column payments_after text constraint reconciliations_payments_after_length check (char_length(payments_after) between 1 and 255),
    add column payments_read  boolean not null default false,
    add column refunds_after  text constraint reconciliations_refunds_after_length check (char_length(refunds_after) between 1 and 255),
    add column refunds_read   boolean not null default false;
