//! Every hour, and whenever an admin asks: our money against Stripe's.
//!
//! May run twice, at once, and be killed anywhere: what was set right agrees the next time.

use domain::db::Db;
use domain::payment::reconciliation::{self, Reconciliation, Run};
use lambda::Error;
use lambda::config::Secret;
use lambda::dispatch::Dispatch;
use serde::Serialize;
use stripe_gateway::Stripe;

/// How many pages of a hundred one run compares of each kind.
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
        let payments = self.payments(&stripe, run).await?;
        let refunds = self.refunds(&stripe, run).await?;
        let done = reconciliation::finish(&self.db, run, payments, refunds).await?;
        self.dispatch.try_now(&self.db).await;
        let (found, open) = done.map_or((0, 0), |Reconciliation { found, open, .. }| (found, open));
        let report = Report { ran: true, payments, refunds, healed: found - open };
        tracing::info!(?report, open, "compared with Stripe");
        if open == 0 {
            Ok(report)
        } else {
            Err(format!("{open} things do not agree with Stripe: see {}", run.id).into())
        }
    }

    async fn payments(&self, stripe: &Stripe, run: Run) -> Result<usize, Error> {
        let (mut count, mut after) = (0, None);
        for _ in 0..MOST_PAGES {
            let page = stripe.payments_since(run.since, after.as_deref()).await?;
            reconciliation::compare_payments(&self.db, run, &page.items).await?;
            count += page.items.len();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if after.is_some() {
            reconciliation::stop_early(&self.db, run, "payments").await?;
        } else {
            reconciliation::give_up_absent(&self.db, run).await?;
        }
        for provider in reconciliation::lagging(&self.db, run).await?.payments {
            let told = stripe.payment(&provider).await?;
            reconciliation::compare_payments(&self.db, run, &[told]).await?;
            count += 1;
        }
        Ok(count)
    }

    async fn refunds(&self, stripe: &Stripe, run: Run) -> Result<usize, Error> {
        let (mut count, mut after) = (0, None);
        for _ in 0..MOST_PAGES {
            let page = stripe.refunds_since(run.since, after.as_deref()).await?;
            reconciliation::compare_refunds(&self.db, run, &page.items).await?;
            count += page.items.len();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if after.is_some() {
            reconciliation::stop_early(&self.db, run, "refunds").await?;
        }
        for (provider, intent) in reconciliation::lagging(&self.db, run).await?.refunds {
            let told = stripe.one_refund(&provider, &intent).await?;
            reconciliation::compare_refunds(&self.db, run, &[told]).await?;
            count += 1;
        }
        Ok(count)
    }
}
