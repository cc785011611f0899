//! Reconciles our payments and refunds with Stripe's, every hour and when an admin requests it.
//!
//! May run twice or concurrently, and may be killed at any point: corrections are idempotent, and the position in
//! Stripe's lists is stored after each page.

use domain::db::Db;
use domain::payments::reconciliation::{self, Lagging, List, Mark, Reconciliation, Run};
use domain::workflows;
use lambda::Error;
use lambda::config::Secret;
use lambda::dispatcher::OutboxDispatcher;
use serde::Serialize;
use stripe_gateway::{ListPage, Stripe, StripeFailure};

/// How many pages of 100 items one invocation compares of each list; the next invocation continues.
const MAX_PAGES: usize = 20;

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
    /// How many differences were resolved.
    pub healed: i64,
}

impl Reconcile {
    /// Reconciles if that is due. Fails if differences remain that need a person, which raises the function's alarm.
    pub async fn tick(&self) -> Result<Report, Error> {
        let Some(run) = reconciliation::begin(&self.db).await? else {
            return Ok(Report::default());
        };
        let stripe = self.stripe.current().await?;
        let (payments, all_payments) = self.payments(&stripe, &run).await?;
        let (refunds, all_refunds) = self.refunds(&stripe, &run).await?;
        let mut report = Report { ran: true, payments, refunds, healed: 0 };
        if !(all_payments && all_refunds) {
            reconciliation::pause(&self.db, &run).await?;
            self.dispatcher.try_send(&self.db).await;
            tracing::info!(?report, "continued by the next invocation");
            return Ok(report);
        }
        reconciliation::abandon_absent(&self.db, &run).await?;
        let Lagging { payments, refunds } = self.lagging(&stripe, &run).await?;
        let (more_payments, more_refunds) = (payments.len(), refunds.len());
        let finished = reconciliation::finish(&self.db, &run, more_payments, more_refunds).await?;
        self.dispatcher.try_send(&self.db).await;
        let (found, open) =
            finished.map_or((0, 0), |Reconciliation { found, open, .. }| (found, open));
        report.payments += more_payments;
        report.refunds += more_refunds;
        report.healed = found - open;
        tracing::info!(?report, open, "reconciled with Stripe");
        if open == 0 {
            Ok(report)
        } else {
            Err(format!("{open} differences with Stripe remain: see {}", run.id).into())
        }
    }

    /// Continues Stripe's list of payments. Returns how many were compared, and whether the end was reached.
    async fn payments(&self, stripe: &Stripe, run: &Run) -> Result<(usize, bool), Error> {
        let (mut count, mut mark) = (0, run.payments.clone());
        for _ in 0..MAX_PAGES {
            if mark == Mark::End {
                break;
            }
            let page = stripe.list_payments(run.since, mark.last()).await;
            let ListPage { items, next } = self.or_start_over(run, page).await?;
            workflows::reconcile_payments(&self.db, run, &items).await?;
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
            let ListPage { items, next } = self.or_start_over(run, page).await?;
            workflows::reconcile_refunds(&self.db, run, &items).await?;
            let next = Mark::from(next);
            reconciliation::mark(&self.db, run, List::Refunds, &mark, &next, items.len()).await?;
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
        if page.as_ref().is_err_and(StripeFailure::is_final) {
            reconciliation::start_over(&self.db, run).await?;
        }
        Ok(page?)
    }

    /// Compares payments and refunds that are still open but older than the listed period, retrieved one by one.
    async fn lagging(&self, stripe: &Stripe, run: &Run) -> Result<Lagging, Error> {
        let lagging = reconciliation::lagging(&self.db, run).await?;
        for provider in &lagging.payments {
            let update = stripe.retrieve_payment(provider).await?;
            workflows::reconcile_payments(&self.db, run, &[update]).await?;
        }
        for (provider, intent) in &lagging.refunds {
            let update = stripe.retrieve_refund(provider, intent).await?;
            workflows::reconcile_refunds(&self.db, run, &[update]).await?;
        }
        Ok(lagging)
    }
}
