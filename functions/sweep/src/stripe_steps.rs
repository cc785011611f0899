//! The steps that need Stripe.

use crate::budget::{Answered, StripeBudget};
use crate::{BATCH, Report, Sweep};
use domain::payments::refund::{self, DueRefund};
use domain::payments::{self, EventPayload, OpenPayment, StoredEvent, StripeObject};
use domain::workflows::{self, CloseOutcome};
use stripe_gateway::{Stripe, StripeFailure};

/// A stored event whose object has to be retrieved from Stripe.
pub(crate) struct Reference {
    pub(crate) event: StoredEvent,
    pub(crate) object: StripeObject,
    /// Stripe's id of the object.
    pub(crate) id: String,
}

/// A payment in the way of its order's end.
pub(crate) struct PaymentToCancel {
    pub(crate) open: OpenPayment,
    /// Whether its order only expired, and may wait for a voucher.
    pub(crate) has_expired: bool,
}

impl Sweep {
    /// All that needs Stripe, as far as the budget goes. What is left comes again in a later round.
    pub(crate) async fn ask_stripe(
        &self,
        stripe: &Stripe,
        mut payments: Vec<PaymentToCancel>,
        references: Vec<Reference>,
        mut budget: StripeBudget,
        report: &mut Report,
    ) {
        // In a random order, so that those that fail do not take the budget of the others in each round.
        fastrand::shuffle(&mut payments);
        let (mut payments, mut references) = (payments.into_iter(), references.into_iter());
        let mut refunds = 0;
        // In turns, so that none of the three kinds takes the budget of the others. Refunds last: the others request some.
        loop {
            let mut is_idle = true;
            if budget.is_left()
                && let Some(reference) = references.next()
            {
                budget.record(self.referenced_event(stripe, &reference, report).await);
                is_idle = false;
            }
            if budget.is_left()
                && let Some(payment) = payments.next()
            {
                budget.record(self.payment(stripe, payment, report).await);
                is_idle = false;
            }
            if budget.is_left()
                && refunds < BATCH
                && let Some(answered) = self.next_refund(stripe, report).await
            {
                budget.record(answered);
                refunds += 1;
                is_idle = false;
            }
            if is_idle {
                break;
            }
        }
        self.postpone(references.as_slice(), report).await;
        if !budget.is_left() {
            tracing::warn!("Stripe is slow or does not answer; the rest is left to the next round");
        }
    }

    async fn payment(
        &self,
        stripe: &Stripe,
        PaymentToCancel { open, has_expired }: PaymentToCancel,
        report: &mut Report,
    ) -> Answered {
        report.orders += 1;
        if has_expired && stripe.offers_vouchers(&open) {
            self.cancel_unless_voucher(stripe, &open, report).await
        } else {
            self.cancel_payment(stripe, &open, report).await
        }
    }

    /// Cancels a payment at Stripe, unless its buyer has a voucher that can still be paid. The order is not due then, once
    /// the payment's state at Stripe is applied: the event about the voucher may be on its way. Whether Stripe answered.
    async fn cancel_unless_voucher(
        &self,
        stripe: &Stripe,
        open: &OpenPayment,
        report: &mut Report,
    ) -> Answered {
        if let Some(provider) = &open.provider {
            match stripe.retrieve_payment(provider).await {
                Ok(update) => {
                    let applied = workflows::apply_payment_update(&self.db, &update).await;
                    if report.or_failure(applied).is_none() {
                        return Answered::Yes;
                    }
                    let outcome = workflows::close_order(&self.db, open.order).await;
                    if matches!(report.or_failure(outcome), None | Some(CloseOutcome::Done)) {
                        return Answered::Yes;
                    }
                }
                Err(failure) if failure.is_missing() => {}
                Err(failure) => return report.stripe_failure(failure),
            }
        }
        self.cancel_payment(stripe, open, report).await
    }

    /// Cancels a payment at Stripe. The resulting update closes the order, or confirms it if the payment has succeeded.
    async fn cancel_payment(
        &self,
        stripe: &Stripe,
        open: &OpenPayment,
        report: &mut Report,
    ) -> Answered {
        match stripe.cancel(open).await {
            Ok(update) => {
                report.or_failure(workflows::apply_payment_update(&self.db, &update).await);
            }
            // The next round closes the order.
            Err(failure) if failure.is_missing() && open.is_known() => {
                report.or_failure(workflows::payment_missing(&self.db, open.id).await);
            }
            Err(failure) => {
                // Nobody can pay it: the client secret or page is only handed out once Stripe's id is stored. The next
                // round closes the order, whatever ails Stripe.
                if !open.is_known() {
                    report.or_failure(payments::abandon(&self.db, open.id).await);
                    if failure.needs_new_payment() {
                        return Answered::Yes;
                    }
                }
                return report.stripe_failure(failure);
            }
        }
        Answered::Yes
    }

    /// Requests the next refund that is due; none if there is none. Leased one by one: a lease counts as a try.
    async fn next_refund(&self, stripe: &Stripe, report: &mut Report) -> Option<Answered> {
        let due = report.or_failure(refund::due(&self.db, 1).await)?.pop()?;
        Some(self.refund(stripe, &due, report).await)
    }

    async fn refund(&self, stripe: &Stripe, due: &DueRefund, report: &mut Report) -> Answered {
        match stripe.refund(due).await {
            Ok(update) => {
                let applied = workflows::apply_refund_update(&self.db, &update).await;
                if report.or_failure(applied).is_some() {
                    report.refunds += 1;
                }
                Answered::Yes
            }
            Err(failure) => {
                if failure.is_final_for_refund() {
                    let code = failure.code().unwrap_or_default();
                    report.or_failure(workflows::fail_refund(&self.db, due.id, &code).await);
                }
                report.stripe_failure(failure)
            }
        }
    }

    /// Applies an event by its object, which is retrieved from Stripe.
    async fn referenced_event(
        &self,
        stripe: &Stripe,
        Reference { event, object, id }: &Reference,
        report: &mut Report,
    ) -> Answered {
        match stripe.event_payload(&event.raw, *object, id).await {
            Ok(payload) => {
                if let EventPayload::Missing { .. } = &payload {
                    tracing::warn!(
                        event.id = event.id,
                        "Stripe has no {id}, to which event {} refers",
                        event.id
                    );
                }
                if self.apply(&event.id, &payload, report).await {
                    // Stripe did not tell what was asked for. That counts as a try, so that it does not go on for ever.
                    tracing::warn!(event.id = event.id, "{id} does not say what its event means");
                    report.or_failure(payments::put_off(&self.db, &event.id).await);
                }
                Answered::Yes
            }
            Err(failure) => {
                let is_about_all = matches!(
                    failure,
                    StripeFailure::Unavailable(_)
                        | StripeFailure::ServerError(_)
                        | StripeFailure::Configuration(_)
                );
                report.or_failure(if is_about_all {
                    payments::postpone(&self.db, &event.id).await
                } else {
                    payments::put_off(&self.db, &event.id).await
                });
                report.stripe_failure(failure)
            }
        }
    }
}
