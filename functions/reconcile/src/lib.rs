//! Checks the invariants of our own records, and reconciles our payments, refunds and disputes with Stripe's, every hour
//! and when an admin requests it.
//!
//! May run twice or concurrently, and may be killed at any point: corrections are idempotent, and the position in
//! Stripe's lists is stored after each page. What is wrong with one object is a finding, and the run goes on; only if
//! Stripe or the database is unavailable the next invocation continues.

use domain::audit;
use domain::db::{Db, Patience};
use domain::failure::chain;
use domain::operations;
use domain::payments::reconciliation::{
    self, FindingKind, Lagging, List, Mark, Reconciliation, Run,
};
use domain::workflows;
use lambda::Error;
use lambda::config::Secret;
use lambda::dispatcher::OutboxDispatcher;
use serde::Serialize;
use std::time::Duration;
use stripe_gateway::{ListPage, RefusalKind, Stripe, StripeFailure};

/// How many pages of 100 items one invocation compares of each list; the next invocation continues.
const MAX_PAGES: usize = 20;
/// For checking the invariants, of the function's timeout of 110 s. A database that resumes takes 20 s of the rest.
const CHECK_TIME: Duration = Duration::from_secs(48);

/// The state of this function.
#[derive(Clone)]
pub struct Reconcile {
    pub db: Db,
    pub dispatcher: OutboxDispatcher,
    pub stripe: Secret<Stripe>,
}

/// What one invocation did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether a reconciliation was due.
    pub ran: bool,
    /// How many of Stripe's payments were compared.
    pub payments: usize,
    /// How many of Stripe's refunds were compared.
    pub refunds: usize,
    /// How many of Stripe's disputes were compared.
    pub disputes: usize,
    /// How many differences were resolved.
    pub healed: i64,
    /// How many differences need a person, without those that staff have acknowledged.
    pub open: i64,
}

impl Reconcile {
    /// Reconciles if that is due. Differences that need a person are no failure: they are logged, and an alarm counts the
    /// lines. A run that fails for six hours is given up, so that the next one begins.
    pub async fn tick(&self) -> Result<Report, Error> {
        self.db.wait_until_ready(Patience::SCHEDULED).await?;
        let Some(run) = reconciliation::begin(&self.db).await? else {
            return Ok(Report::default());
        };
        // Before Stripe is asked, which may fail for hours.
        if run.is_first {
            operations::check_records(&self.db, CHECK_TIME).await;
            audit::log_head(&self.db).await?;
            operations::report_waiting(&self.db).await?;
        }
        let outcome = self.go_on(&run).await;
        if let Err(error) = &outcome {
            tracing::error!(
                error = chain(&**error),
                "the reconciliation failed and is tried again"
            );
            if run.is_overdue {
                reconciliation::give_up(&self.db, &run, &error.to_string()).await?;
            }
        }
        outcome
    }

    async fn go_on(&self, run: &Run) -> Result<Report, Error> {
        let stripe = self.stripe.current().await?;
        // Each list is continued, even if another one cannot be.
        let payments = self.payments(&stripe, run).await;
        let refunds = self.refunds(&stripe, run).await;
        let disputes = self.disputes(&stripe, run).await;
        let (payments, all_payments) = payments?;
        let (refunds, all_refunds) = refunds?;
        let (disputes, all_disputes) = disputes?;
        let mut report = Report { ran: true, payments, refunds, disputes, healed: 0, open: 0 };
        if !(all_payments && all_refunds && all_disputes) {
            reconciliation::pause(&self.db, run).await?;
            self.dispatcher.try_send(&self.db).await;
            tracing::info!(?report, "continued by the next invocation");
            return Ok(report);
        }
        reconciliation::abandon_absent(&self.db, run).await?;
        let Lagging { payments, refunds } = self.lagging(&stripe, run).await?;
        let (more_payments, more_refunds) = (payments.len(), refunds.len());
        let finished = reconciliation::finish(&self.db, run, more_payments, more_refunds).await?;
        self.dispatcher.try_send(&self.db).await;
        let (found, open, acknowledged) = finished.map_or((0, 0, 0), |finished| {
            let Reconciliation { found, open, acknowledged, .. } = finished;
            (found, open, acknowledged)
        });
        report.payments += more_payments;
        report.refunds += more_refunds;
        report.healed = found - open - acknowledged;
        report.open = open;
        tracing::info!(?report, "reconciled with Stripe");
        if open > 0 {
            // A metric filter in template.yaml counts these lines.
            tracing::error!(open, "{open} differences with Stripe remain: see {}", run.id);
        }
        Ok(report)
    }

    /// Continues Stripe's list of payments. Returns how many were compared, and whether the end was reached.
    async fn payments(&self, stripe: &Stripe, run: &Run) -> Result<(usize, bool), Error> {
        let (mut count, mut mark) = (0, run.payments.clone());
        for _ in 0..MAX_PAGES {
            if mark == Mark::End {
                break;
            }
            let page = stripe.list_payments(run.since, mark.last()).await;
            let ListPage { items, unreadable, next } = self.or_start_over(run, page).await?;
            workflows::reconcile_payments(&self.db, run, &items).await?;
            workflows::report_unreadable(&self.db, run, &unreadable).await?;
            let next = Mark::from(next);
            reconciliation::mark(&self.db, run, List::Payments, &mark, &next, items.len()).await?;
            count += items.len();
            mark = next;
        }
        Ok((count, mark == Mark::End))
    }

    /// Continues Stripe's list of refunds, as [`Self::payments`] does.
    async fn refunds(&self, stripe: &Stripe, run: &Run) -> Result<(usize, bool), Error> {
        let (mut count, mut mark) = (0, run.refunds.clone());
        for _ in 0..MAX_PAGES {
            if mark == Mark::End {
                break;
            }
            let page = stripe.list_refunds(run.since, mark.last()).await;
            let ListPage { items, unreadable, next } = self.or_start_over(run, page).await?;
            workflows::reconcile_refunds(&self.db, run, &items).await?;
            workflows::report_unreadable(&self.db, run, &unreadable).await?;
            let next = Mark::from(next);
            reconciliation::mark(&self.db, run, List::Refunds, &mark, &next, items.len()).await?;
            count += items.len();
            mark = next;
        }
        Ok((count, mark == Mark::End))
    }

    /// Continues Stripe's list of disputes, as [`Self::payments`] does.
    async fn disputes(&self, stripe: &Stripe, run: &Run) -> Result<(usize, bool), Error> {
        let (mut count, mut mark) = (0, run.disputes.clone());
        for _ in 0..MAX_PAGES {
            if mark == Mark::End {
                break;
            }
            let page = stripe.list_disputes(run.disputes_since(), mark.last()).await;
            let ListPage { items, unreadable, next } = self.or_start_over(run, page).await?;
            workflows::reconcile_disputes(&self.db, run, &items).await?;
            workflows::report_unreadable(&self.db, run, &unreadable).await?;
            let next = Mark::from(next);
            reconciliation::mark(&self.db, run, List::Disputes, &mark, &next, items.len()).await?;
            count += items.len();
            mark = next;
        }
        Ok((count, mark == Mark::End))
    }

    /// If Stripe refuses the stored position in its list, it would do so in each invocation: the next one starts over.
    async fn or_start_over<T>(
        &self,
        run: &Run,
        page: Result<ListPage<T>, StripeFailure>,
    ) -> Result<ListPage<T>, Error> {
        if page.as_ref().is_err_and(|failure| is_final(failure) || failure.is_missing()) {
            reconciliation::start_over(&self.db, run).await?;
        }
        Ok(page?)
    }

    /// Compares payments and refunds that are still open but older than the listed period, retrieved one by one.
    async fn lagging(&self, stripe: &Stripe, run: &Run) -> Result<Lagging, Error> {
        let lagging = reconciliation::lagging(&self.db, run).await?;
        for provider in &lagging.payments {
            match stripe.retrieve_payment(provider).await {
                Ok(update) => workflows::reconcile_payments(&self.db, run, &[update]).await?,
                Err(failure) => {
                    self.report(run, FindingKind::PaymentGone, provider, failure).await?;
                }
            }
        }
        for (provider, intent) in &lagging.refunds {
            match stripe.retrieve_refund(provider, intent).await {
                Ok(update) => workflows::reconcile_refunds(&self.db, run, &[update]).await?,
                Err(failure) => {
                    self.report(run, FindingKind::RefundGone, provider, failure).await?;
                }
            }
        }
        Ok(lagging)
    }

    /// Records the failure of one object as a finding: `gone` if Stripe does not have it. Errs if the failure concerns
    /// all objects, such as an outage or a refused key.
    async fn report(
        &self,
        run: &Run,
        gone: FindingKind,
        subject: &str,
        failure: StripeFailure,
    ) -> Result<(), Error> {
        // The lists were read with the same key and mode, so that a wrong mode is the object's.
        let is_of_one_object = is_final(&failure)
            || matches!(
                failure,
                StripeFailure::InvalidResponse(_) | StripeFailure::Configuration(_)
            );
        let kind = if failure.is_missing() {
            gone
        } else if is_of_one_object {
            FindingKind::NotComparable
        } else {
            return Err(failure.into());
        };
        let why = failure.to_string();
        Ok(reconciliation::record_failure(&self.db, run, kind, subject, &why).await?)
    }
}

/// Whether the same request will always be refused.
fn is_final(failure: &StripeFailure) -> bool {
    let StripeFailure::Refused { kind, .. } = failure else { return false };
    matches!(kind, RefusalKind::Final | RefusalKind::Client)
}
