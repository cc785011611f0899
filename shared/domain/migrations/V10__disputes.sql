-- When we first heard that a try to pay came to nothing, while the payment waited for another.
alter table payments add failed_at timestamptz constraint payments_failed_at_finite check (isfinite(failed_at));
