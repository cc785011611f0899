-- Who requested a refund; none for those of Stripe's dashboard, of late payments and of releases before.
alter table refunds add column requested_by uuid;
