//! Completes, every minute, what other functions left undone after a crash, a failure or a timeout.
//!
//! All of it may run twice or concurrently, and may be killed at any point.

use domain::db::Db;
use domain::failure::chain;
use domain::operations::{self, Lag};
use domain::ordering;
use domain::payments::{self, EventPayload, OpenPayment, StoredEvent, refund};
use domain::retention;
use domain::workflows::{self, CloseOutcome};
use lambda::Error;
use lambda::config::Secret;
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use serde::Serialize;
use stripe_gateway::{Stripe, StripeFailure};

/// How many items of each kind one round handles.
const BATCH: u8 = 50;

/// The state of this function.
#[derive(Clone)]
pub struct Sweep {
    pub db: Db,
    pub dispatcher: OutboxDispatcher,
    pub dead_letters: DeadLetters,
    pub stripe: Secret<Stripe>,
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
    /// Steps that failed; the next round tries them again.
    pub failures: usize,
}

impl Sweep {
    /// Runs all steps; a failed step does not prevent the others. Fails in the end if any step failed, which raises the
    /// function's alarm.
    pub async fn round(&self) -> Result<Report, Error> {
        let mut report = Report::default();
        // Measured before the other steps. The metric filters in template.yaml refer to the two field names.
        if let Some(Lag { outbox, events }) = report.or_failure(operations::lag(&self.db).await) {
            tracing::info!(
                outbox_seconds = outbox,
                events_seconds = events,
                "lag before the sweep"
            );
        }
        // Loaded once for all steps, so that a missing key is reported once.
        let stripe = report.or_failure(self.stripe.current().await);
        self.events(stripe.as_deref(), &mut report).await;
        self.orders(stripe.as_deref(), &mut report).await;
        self.refunds(stripe.as_deref(), &mut report).await;
        self.dead_letters(&mut report).await;
        self.delete_expired(&mut report).await;
        // Last, because the other steps write messages.
        self.messages(&mut report).await;
        tracing::info!(?report, "swept");
        if report.failures == 0 {
            Ok(report)
        } else {
            Err(format!("{} steps failed and are retried in the next round", report.failures)
                .into())
        }
    }

    async fn events(&self, stripe: Option<&Stripe>, report: &mut Report) {
        let Some(due) = report.or_failure(payments::due_events(&self.db, BATCH).await) else {
            return;
        };
        // Not asked again in this round once it did not answer: other events wait behind this one.
        let mut stripe = stripe;
        for event in due {
            let Some(payload) = payload(&event, &mut stripe, report).await else {
                report.or_failure(payments::put_off(&self.db, &event.id).await);
                continue;
            };
            let applied = workflows::apply_event(&self.db, &event.id, &payload, self.live).await;
            if report.or_failure(applied).is_some() {
                report.events += 1;
            } else {
                report.or_failure(payments::put_off(&self.db, &event.id).await);
            }
        }
    }

    async fn orders(&self, stripe: Option<&Stripe>, report: &mut Report) {
        let Some(due) = report.or_failure(ordering::due_to_close(&self.db, BATCH).await) else {
            return;
        };
        for order in due {
            let Some(outcome) = report.or_failure(workflows::close_order(&self.db, order).await)
            else {
                continue;
            };
            if let CloseOutcome::CancelPayment(open) = outcome {
                let Some(stripe) = stripe else { continue };
                self.cancel_payment(stripe, &open, report).await;
            }
            report.orders += 1;
        }
    }

    /// Cancels a payment at Stripe. The resulting update closes the order, or confirms it if the payment has succeeded.
    async fn cancel_payment(&self, stripe: &Stripe, open: &OpenPayment, report: &mut Report) {
        match stripe.cancel(open).await {
            Ok(update) => {
                report.or_failure(workflows::apply_payment_update(&self.db, &update).await);
            }
            // The next round closes the order.
            Err(failure) if failure.is_missing() && open.is_known() => {
                report.or_failure(workflows::payment_missing(&self.db, open.id).await);
            }
            // Nobody can pay it: the client secret or page is only handed out once Stripe's id is stored. The next round
            // closes the order.
            Err(failure) if failure.needs_new_payment() && !open.is_known() => {
                report.or_failure(payments::abandon(&self.db, open.id).await);
            }
            Err(failure) => {
                report.or_failure::<(), _>(Err(failure));
            }
        }
    }

    async fn refunds(&self, stripe: Option<&Stripe>, report: &mut Report) {
        let Some(stripe) = stripe else { return };
        let Some(due) = report.or_failure(refund::due(&self.db, BATCH).await) else { return };
        for due in due {
            match stripe.refund(&due).await {
                Ok(update) => {
                    if report
                        .or_failure(workflows::apply_refund_update(&self.db, &update).await)
                        .is_some()
                    {
                        report.refunds += 1;
                    }
                }
                Err(failure) => {
                    if failure.is_final_for_refund() {
                        let code = failure.code().unwrap_or_default();
                        report.or_failure(workflows::fail_refund(&self.db, due.id, &code).await);
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

    async fn delete_expired(&self, report: &mut Report) {
        report.forgotten =
            report.or_failure(retention::delete_expired(&self.db).await).unwrap_or_default();
    }

    async fn messages(&self, report: &mut Report) {
        for _ in 0..BATCH {
            match report.or_failure(self.dispatcher.send_pending(&self.db).await) {
                None | Some(0) => return,
                Some(sent) => report.messages += sent,
            }
        }
    }
}

/// What an event means for us, with its object from Stripe if it only refers to it. None if Stripe could not be asked;
/// then `stripe` is none as well if it would not answer another question either.
async fn payload(
    event: &StoredEvent,
    stripe: &mut Option<&Stripe>,
    report: &mut Report,
) -> Option<EventPayload> {
    let (object, id) = match stripe_gateway::payload(&event.raw) {
        EventPayload::Reference { object, id } => (object, id),
        payload => return Some(payload),
    };
    let retrieved = (*stripe)?.event_payload(&event.raw, object, &id).await;
    if let Err(StripeFailure::Unavailable(_) | StripeFailure::ServerError(_)) = &retrieved {
        *stripe = None;
    }
    let payload = report.or_failure(retrieved);
    if let Some(EventPayload::Missing { .. }) = &payload {
        tracing::warn!(
            event.id = event.id,
            "Stripe has no {id}, to which event {} refers",
            event.id
        );
    }
    payload
}

impl Report {
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
