//! Every minute: what was left over by somebody who died, gave up or ran out of time.
//!
//! Everything here may run twice, at once, and be killed anywhere.

use domain::db::Db;
use domain::failure::chain;
use domain::operations::{self, Lag};
use domain::ordering::{self, Closing};
use domain::payment::{self, Open, refund};
use domain::retention;
use lambda::Error;
use lambda::config::Secret;
use lambda::dead_letters::DeadLetters;
use lambda::dispatch::Dispatch;
use serde::Serialize;
use stripe_gateway::{Stripe, notice};

/// How much one round takes on of each kind; the next one comes in a minute.
const AT_ONCE: u8 = 50;

/// What this function has at hand.
#[derive(Clone)]
pub struct Sweep {
    pub db: Db,
    pub dispatch: Dispatch,
    pub dead_letters: DeadLetters,
    pub stripe: Secret<Stripe>,
}

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Stripe events that were tried again.
    pub events: usize,
    /// Orders that were ended, or asked about.
    pub orders: usize,
    /// Refunds that Stripe was asked for.
    pub refunds: usize,
    /// Letters that wait for a person.
    pub dead_letters: u64,
    /// Messages that went into the queues.
    pub messages: usize,
    /// Rows that nobody needs any more.
    pub forgotten: i64,
    /// What did not work, and will be tried in another round.
    pub failures: usize,
}

impl Sweep {
    /// One round. A failure in one place does not keep the others waiting.
    ///
    /// Fails if anything failed, after everything was tried, so that somebody is alarmed.
    pub async fn round(&self) -> Result<Report, Error> {
        let mut report = Report::default();
        // Before anything is done about it: the metrics of the template read these two by their names.
        if let Some(Lag { outbox, events }) = report.or_failure(operations::lag(&self.db).await) {
            tracing::info!(outbox_seconds = outbox, events_seconds = events, "what waited");
        }
        self.events(&mut report).await;
        // Once for all who ask it, so that its absence is told once.
        let stripe = report.or_failure(self.stripe.now().await);
        self.orders(stripe.as_deref(), &mut report).await;
        self.refunds(stripe.as_deref(), &mut report).await;
        self.dead_letters(&mut report).await;
        self.forget(&mut report).await;
        // Last, for what the others wrote.
        self.messages(&mut report).await;
        tracing::info!(?report, "swept");
        if report.failures == 0 {
            Ok(report)
        } else {
            Err(format!("{} things failed and will be tried again", report.failures).into())
        }
    }

    async fn events(&self, report: &mut Report) {
        let Some(due) = report.or_failure(payment::due_events(&self.db, AT_ONCE).await) else {
            return;
        };
        for event in due {
            let applied = payment::apply(&self.db, &event.id, &notice(&event.raw)).await;
            if report.or_failure(applied).is_some() {
                report.events += 1;
            } else {
                report.or_failure(payment::put_off(&self.db, &event.id).await);
            }
        }
    }

    async fn orders(&self, stripe: Option<&Stripe>, report: &mut Report) {
        let Some(due) = report.or_failure(ordering::due_to_close(&self.db, AT_ONCE).await) else {
            return;
        };
        for order in due {
            let Some(closing) = report.or_failure(ordering::close(&self.db, order).await) else {
                continue;
            };
            if let Closing::AskStripe(open) = closing {
                let Some(stripe) = stripe else { continue };
                self.let_go(stripe, &open, report).await;
            }
            report.orders += 1;
        }
    }

    /// Has Stripe let go of a payment; what it says then ends the order, or confirms it.
    async fn let_go(&self, stripe: &Stripe, open: &Open, report: &mut Report) {
        match stripe.cancel(open).await {
            Ok(told) => {
                report.or_failure(payment::hear(&self.db, &told).await);
            }
            // Stripe never took the payment on, and never will: the next round ends the order.
            Err(failure) if failure.is_final() && !open.is_known() => {
                report.or_failure(payment::abandon(&self.db, open.id).await);
            }
            Err(failure) => {
                report.or_failure::<(), _>(Err(failure));
            }
        }
    }

    async fn refunds(&self, stripe: Option<&Stripe>, report: &mut Report) {
        let Some(stripe) = stripe else { return };
        let Some(due) = report.or_failure(refund::due(&self.db, AT_ONCE).await) else { return };
        for due in due {
            match stripe.refund(&due).await {
                Ok(told) => {
                    if report.or_failure(refund::hear(&self.db, &told).await).is_some() {
                        report.refunds += 1;
                    }
                }
                Err(failure) => {
                    if failure.is_final() {
                        report.or_failure(refund::refused(&self.db, due.id).await);
                    }
                    report.or_failure::<(), _>(Err(failure));
                }
            }
        }
    }

    async fn dead_letters(&self, report: &mut Report) {
        let Some(count) = report.or_failure(self.dead_letters.count().await) else { return };
        report.dead_letters = count;
        report.or_failure(operations::report_dead_letters(&self.db, count).await);
    }

    async fn forget(&self, report: &mut Report) {
        report.forgotten = report.or_failure(retention::forget(&self.db).await).unwrap_or_default();
    }

    async fn messages(&self, report: &mut Report) {
        for _ in 0..AT_ONCE {
            match report.or_failure(self.dispatch.send_waiting(&self.db).await) {
                None | Some(0) => return,
                Some(sent) => report.messages += sent,
            }
        }
    }
}

impl Report {
    /// The outcome, or one more failure in the log and in the count.
    fn or_failure<T, E: std::error::Error + 'static>(
        &mut self,
        outcome: Result<T, E>,
    ) -> Option<T> {
        outcome
            .inspect_err(|error| {
                self.failures += 1;
                tracing::error!(error = chain(error), "left for another round");
            })
            .ok()
    }
}
