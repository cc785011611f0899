-- Who gave up a refund that Stripe does not have.
alter table refunds add column given_up_by uuid;
