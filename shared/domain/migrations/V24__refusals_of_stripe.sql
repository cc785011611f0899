-- Why a refund failed or waits, and why an attempt to pay failed, as Stripe says it.
alter table refunds
    add column provider_code text,
    add column failure_reason text,
    add column pending_reason text;
alter table refunds
    add constraint refunds_provider_code_length check (char_length(provider_code) between 1 and 100) not valid,
    add constraint refunds_failure_reason_length check (char_length(failure_reason) between 1 and 100) not valid,
    add constraint refunds_pending_reason_length check (char_length(pending_reason) between 1 and 100) not valid;
alter table refunds validate constraint refunds_provider_code_length;
alter table refunds validate constraint refunds_failure_reason_length;
alter table refunds validate constraint refunds_pending_reason_length;

alter table payments add column decline_code text;
alter table payments
    add constraint payments_decline_code_length check (char_length(decline_code) between 1 and 100) not valid;
alter table payments validate constraint payments_decline_code_length;
