//! Completes, every minute, what other functions left undone after a crash, a failure or a timeout.
//!
//! All of it may run twice or concurrently, and may be killed at any point. A Stripe that is slow or away delays nothing
//! that does not need it: that comes first, and each has its share of the function's time.

mod budget;
mod stripe_steps;

pub use budget::ROUND;

use budget::{Answered, Schedule, StripeBudget};
use domain::catalog::{self, MadeTerms};
use domain::db::{Db, Patience};
use domain::failure::chain;
use domain::operations::{self, Lag};
use domain::ordering;
use domain::payments::{self, EventPayload};
use domain::retention;
use domain::workflows::{self, CloseOutcome};
use lambda::Error;
use lambda::config::Secret;
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use serde::Serialize;
use std::time::{Duration, Instant};
use stripe_gateway::{Stripe, StripeFailure};
use stripe_steps::{PaymentToCancel, Reference};

/// How many items of each kind one round handles.
const BATCH: u8 = 50;
/// How long one round makes search terms, after a deploy that brings them.
const TERMS_TIME: Duration = Duration::from_secs(5);
/// How long one round shortens events, after a deploy that begins to.
const MINIMIZE_TIME: Duration = Duration::from_secs(5);

/// The state of this function.
#[derive(Clone)]
pub struct Sweep {
    pub db: Db,
    pub dispatcher: OutboxDispatcher,
    pub dead_letters: DeadLetters,
    pub stripe: Secret<Stripe>,
    /// How long one round may take.
    pub time: Duration,
    /// Whether the shop uses Stripe's live mode.
    pub live: bool,
}

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Stripe events that were applied.
    pub events: usize,
    /// Orders that were closed, or whose payment was canceled at Stripe.
    pub orders: usize,
    /// Refunds that Stripe accepted.
    pub refunds: usize,
    /// Messages in the dead-letter queues.
    pub dead_letters: u64,
    /// Outbox messages that were sent to the queues.
    pub messages: usize,
    /// Rows deleted because their retention period is over.
    pub forgotten: i64,
    /// Products whose search terms were made.
    pub products: usize,
    /// Stored events that no longer name a person.
    pub minimized: usize,
    /// Steps that failed; the next round tries them again.
    pub failures: usize,
}

impl Sweep {
    /// Waits for a database that has paused, then runs all steps; a failed step does not prevent the others. Fails in the
    /// end if any step failed, which raises the function's alarm.
    pub async fn round(&self) -> Result<Report, Error> {
        let began = Instant::now();
        self.db.wait_until_ready(Patience::SCHEDULED).await?;
        let until = Schedule::within(self.time.saturating_sub(began.elapsed()), Instant::now());
        let mut report = Report::default();
        // Measured before the other steps. The metric filters in template.yaml refer to the two field names.
        if let Some(Lag { outbox, events }) = report.or_failure(operations::lag(&self.db).await) {
            tracing::info!(
                outbox_seconds = outbox,
                events_seconds = events,
                "lag before the sweep"
            );
        }
        let references = self.events(until.records, &mut report).await;
        let payments = self.orders(until.records, &mut report).await;
        self.dead_letters(&mut report).await;
        self.delete_expired(&mut report).await;
        self.messages(until.records, &mut report).await;
        self.search_terms(until.records, &mut report).await;
        self.minimize_events(until.records, &mut report).await;
        match report.or_failure(self.stripe.current().await) {
            Some(stripe) => {
                let budget = StripeBudget::until(until.stripe);
                self.ask_stripe(&stripe, payments, references, budget, &mut report).await;
            }
            None => self.postpone(&references, &mut report).await,
        }
        // Again, because the other steps write messages.
        self.messages(until.messages, &mut report).await;
        tracing::info!(?report, "swept");
        if report.failures == 0 {
            Ok(report)
        } else {
            Err(format!("{} steps failed and are retried in the next round", report.failures)
                .into())
        }
    }

    /// Applies the events that are due, and returns those whose object Stripe has to be asked for.
    async fn events(&self, until: Instant, report: &mut Report) -> Vec<Reference> {
        let mut references = Vec::new();
        let due = report.or_failure(payments::due_events(&self.db, BATCH).await);
        for event in due.unwrap_or_default() {
            if Instant::now() >= until {
                break;
            }
            let payload = stripe_gateway::payload(&event.raw);
            if self.apply(&event.id, &payload, report).await
                && let Some((object, id)) = payload.object_at_stripe()
            {
                let id = id.to_owned();
                references.push(Reference { event, object, id });
            }
        }
        references
    }

    /// Whether the event waits for its object, which has to be retrieved from Stripe.
    async fn apply(&self, event: &str, payload: &EventPayload, report: &mut Report) -> bool {
        let applied = workflows::apply_event(&self.db, event, payload, self.live).await;
        match report.or_failure(applied) {
            Some(true) => return true,
            Some(false) => report.events += 1,
            None => {
                report.or_failure(payments::put_off(&self.db, event).await);
            }
        }
        false
    }

    async fn postpone(&self, references: &[Reference], report: &mut Report) {
        for Reference { event, .. } in references {
            report.or_failure(payments::postpone(&self.db, &event.id).await);
        }
    }

    /// Closes the orders that are due, and returns those whose payment has to be canceled at Stripe first.
    async fn orders(&self, until: Instant, report: &mut Report) -> Vec<PaymentToCancel> {
        let mut waiting = Vec::new();
        let due = report.or_failure(ordering::due_to_close(&self.db, BATCH).await);
        for order in due.unwrap_or_default() {
            if Instant::now() >= until {
                break;
            }
            match report.or_failure(workflows::close_order(&self.db, order).await) {
                Some(CloseOutcome::Done) => report.orders += 1,
                Some(CloseOutcome::CancelPayment { open, has_expired }) => {
                    waiting.push(PaymentToCancel { open, has_expired });
                }
                None => {}
            }
        }
        waiting
    }

    async fn dead_letters(&self, report: &mut Report) {
        let Some(count) = report.or_failure(self.dead_letters.count().await) else { return };
        report.dead_letters = count;
        report.or_failure(operations::report_dead_letters(&self.db, count).await);
    }

    async fn delete_expired(&self, report: &mut Report) {
        report.forgotten =
            report.or_failure(retention::delete_expired(&self.db).await).unwrap_or_default();
    }

    /// Makes the search terms of products that were written without them.
    async fn search_terms(&self, until: Instant, report: &mut Report) {
        let until = until.min(Instant::now() + TERMS_TIME);
        while Instant::now() < until {
            let terms = report.or_failure(catalog::make_search_terms(&self.db).await);
            let MadeTerms { made, failed } = terms.unwrap_or_default();
            report.products += made;
            report.failures += failed;
            if made == 0 || failed > 0 {
                return;
            }
        }
    }

    /// Shortens the events that a release from before stored as they came.
    async fn minimize_events(&self, until: Instant, report: &mut Report) {
        let until = until.min(Instant::now() + MINIMIZE_TIME);
        while Instant::now() < until {
            let events = report.or_failure(payments::events_to_minimize(&self.db, BATCH).await);
            let events = events.unwrap_or_default();
            if events.is_empty() {
                return;
            }
            for event in events {
                let kept = stripe_gateway::minimize(&event.raw);
                let stored = payments::minimize(&self.db, &event.id, &kept).await;
                if report.or_failure(stored).is_none() {
                    return;
                }
                report.minimized += 1;
            }
        }
    }

    async fn messages(&self, until: Instant, report: &mut Report) {
        for _ in 0..BATCH {
            if Instant::now() >= until {
                return;
            }
            match report.or_failure(self.dispatcher.send_pending(&self.db).await) {
                None | Some(0) => return,
                Some(sent) => report.messages += sent,
            }
        }
    }
}

impl Report {
    /// Logs and counts a failure of a call to Stripe.
    fn stripe_failure(&mut self, failure: StripeFailure) -> Answered {
        let is_away =
            matches!(failure, StripeFailure::Unavailable(_) | StripeFailure::ServerError(_));
        self.or_failure::<(), _>(Err(failure));
        if is_away { Answered::No } else { Answered::Yes }
    }

    /// The value of a step. A failure is logged and counted.
    fn or_failure<T, E: std::error::Error + 'static>(
        &mut self,
        outcome: Result<T, E>,
    ) -> Option<T> {
        outcome
            .inspect_err(|error| {
                self.failures += 1;
                tracing::error!(
                    error = chain(error),
                    "a step failed and is retried in the next round"
                );
            })
            .ok()
    }
}
