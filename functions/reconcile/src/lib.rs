//! Every hour, and whenever an admin asks: our money against Stripe's.
//!
//! May run twice, at once, and be killed anywhere: what was set right agrees the next time, and what was read is marked.

use domain::db::Db;
use domain::payment::reconciliation::{self, Lagging, List, Mark, Reconciliation, Run};
use lambda::Error;
use lambda::config::Secret;
use lambda::dispatch::Dispatch;
use serde::Serialize;
use stripe_gateway::{Listed, Stripe, StripeFailure};

/// How many pages of a hundred one tick compares of each kind; the next one goes on.
const MOST_PAGES: usize = 20;

/// What this function has at hand.
#[derive(Clone)]
pub struct Reconcile {
    pub db: Db,
    pub dispatch: Dispatch,
    pub stripe: Secret<Stripe>,
}

/// What a tick did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether there was anything to do.
    pub ran: bool,
    /// What Stripe showed.
    pub payments: usize,
    pub refunds: usize,
    /// What did not agree and does now.
    pub healed: i64,
}

impl Reconcile {
    /// Compares if that is due. Fails if something is left for a person, so that somebody is alarmed.
    pub async fn tick(&self) -> Result<Report, Error> {
        let Some(run) = reconciliation::begin(&self.db).await? else {
            return Ok(Report::default());
        };
        let stripe = self.stripe.now().await?;
        let (payments, all_payments) = self.payments(&stripe, &run).await?;
        let (refunds, all_refunds) = self.refunds(&stripe, &run).await?;
        let mut report = Report { ran: true, payments, refunds, healed: 0 };
        if !(all_payments && all_refunds) {
            reconciliation::pause(&self.db, &run).await?;
            self.dispatch.try_now(&self.db).await;
            tracing::info!(?report, "the next tick goes on");
            return Ok(report);
        }
        reconciliation::give_up_absent(&self.db, &run).await?;
        let Lagging { payments, refunds } = self.lagging(&stripe, &run).await?;
        let (more_payments, more_refunds) = (payments.len(), refunds.len());
        let done = reconciliation::finish(&self.db, &run, more_payments, more_refunds).await?;
        self.dispatch.try_now(&self.db).await;
        let (found, open) = done.map_or((0, 0), |Reconciliation { found, open, .. }| (found, open));
        report.payments += more_payments;
        report.refunds += more_refunds;
        report.healed = found - open;
        tracing::info!(?report, open, "compared with Stripe");
        if open == 0 {
            Ok(report)
        } else {
            Err(format!("{open} things do not agree with Stripe: see {}", run.id).into())
        }
    }

    /// Reads on in Stripe's list of payments, and says how many came and whether they were the last.
    async fn payments(&self, stripe: &Stripe, run: &Run) -> Result<(usize, bool), Error> {
        let (mut count, mut mark) = (0, run.payments.clone());
        for _ in 0..MOST_PAGES {
            if mark == Mark::End {
                break;
            }
            let page = stripe.payments_since(run.since, mark.last()).await;
            let Listed { items, next } = self.known(run, page).await?;
            reconciliation::compare_payments(&self.db, run, &items).await?;
            let next = Mark::from(next);
            reconciliation::mark(&self.db, run, List::Payments, &mark, &next, items.len()).await?;
            count += items.len();
            mark = next;
        }
        Ok((count, mark == Mark::End))
    }

    /// Like [`Self::payments`].
    async fn refunds(&self, stripe: &Stripe, run: &Run) -> Result<(usize, bool), Error> {
        let (mut count, mut mark) = (0, run.refunds.clone());
        for _ in 0..MOST_PAGES {
            if mark == Mark::End {
                break;
            }
            let page = stripe.refunds_since(run.since, mark.last()).await;
            let Listed { items, next } = self.known(run, page).await?;
            reconciliation::compare_refunds(&self.db, run, &items).await?;
            let next = Mark::from(next);
            reconciliation::mark(&self.db, run, List::Refunds, &mark, &next, items.len()).await?;
            count += items.len();
            mark = next;
        }
        Ok((count, mark == Mark::End))
    }

    /// A page behind a mark that Stripe knows. One that it refuses would be refused at each tick.
    async fn known<T>(
        &self,
        run: &Run,
        page: Result<Listed<T>, StripeFailure>,
    ) -> Result<Listed<T>, Error> {
        if page.as_ref().is_err_and(StripeFailure::is_final) {
            reconciliation::start_over(&self.db, run).await?;
        }
        Ok(page?)
    }

    /// What is older than the lists is asked for by its name.
    async fn lagging(&self, stripe: &Stripe, run: &Run) -> Result<Lagging, Error> {
        let lagging = reconciliation::lagging(&self.db, run).await?;
        for provider in &lagging.payments {
            let told = stripe.payment(provider).await?;
            reconciliation::compare_payments(&self.db, run, &[told]).await?;
        }
        for (provider, intent) in &lagging.refunds {
            let told = stripe.one_refund(provider, intent).await?;
            reconciliation::compare_refunds(&self.db, run, &[told]).await?;
        }
        Ok(lagging)
    }
}
