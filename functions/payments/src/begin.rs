//! Starting a payment, shared by both flows, `PaymentIntent` and Checkout Session; and letting go of one.

use crate::Payments;
use axum::http::StatusCode;
use domain::db::Db;
use domain::failure::{Failure, chain};
use domain::guests::Credentials;
use domain::id::{OrderId, PaymentId};
use domain::ordering::Actor;
use domain::payments::{self, OpenPayment, PaymentFlow, Refusal, StartOutcome};
use domain::workflows;
use lambda::http::Problem;
use std::time::Duration;
use stripe_gateway::StripeFailure;

/// For all requests to Stripe together; less than the function's timeout, so that the client gets a response.
const TIMEOUT: Duration = Duration::from_secs(9);
/// Concurrent requests for both flows may cancel each other's payment; one of them wins after a few rounds.
const MAX_ROUNDS: usize = 3;

/// Runs `work` with a timeout. It may stop at any point, because a repeated request completes it.
pub(crate) async fn with_timeout<T>(
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    // Boxed: Stripe's responses are large and would be part of every future that awaits this one.
    let out_of_time = |_| Err(no_response(&StripeFailure::Unavailable("out of time".to_owned())));
    tokio::time::timeout(TIMEOUT, Box::pin(work)).await.unwrap_or_else(out_of_time)
}

/// The open payment of an order. If the order has one of the other flow, that is canceled at Stripe first.
pub(crate) async fn begin(
    payments: &Payments,
    who: &Credentials,
    order: OrderId,
    flow: &PaymentFlow,
) -> Result<OpenPayment, Problem> {
    for _ in 0..MAX_ROUNDS {
        let other = match workflows::start_payment(&payments.app.db, who, order, flow).await? {
            StartOutcome::Ready(open) => return Ok(open),
            StartOutcome::CancelFirst(other) => other,
        };
        cancel(payments, &other).await?;
    }
    Err(Failure::Refused(Refusal::InProgress).into())
}

/// Lets go of a payment without ending its order.
pub(crate) async fn release(
    payments: &Payments,
    who: Actor,
    payment: PaymentId,
) -> Result<(), Problem> {
    for _ in 0..MAX_ROUNDS {
        match workflows::release_payment(&payments.app.db, who, payment).await? {
            Some(open) => cancel(payments, &open).await?,
            None => return Ok(()),
        }
    }
    Err(Failure::Refused(Refusal::InProgress).into())
}

/// Lets go of a payment that is in the way of an edit. If its order is paid or cancelled instead, the edit finds that.
pub(crate) async fn make_way(
    payments: &Payments,
    who: Actor,
    payment: PaymentId,
) -> Result<(), Problem> {
    match workflows::release_payment(&payments.app.db, who, payment).await {
        Ok(Some(open)) => cancel(payments, &open).await,
        Ok(None) | Err(Failure::Refused(Refusal::NotPayable(_) | Refusal::Ending)) => Ok(()),
        Err(failure) => Err(failure.into()),
    }
}

/// Cancels a payment at Stripe, and stores what became of it. Refused while its money is on its way.
async fn cancel(
    Payments { app, dispatcher, stripe }: &Payments,
    open: &OpenPayment,
) -> Result<(), Problem> {
    match stripe.current().await?.cancel(open).await {
        Ok(update) => {
            workflows::apply_payment_update(&app.db, &update).await?;
            dispatcher.try_send(&app.db).await;
            if !update.status.is_final() {
                return Err(Failure::Refused(Refusal::InProgress).into());
            }
        }
        Err(failure) if failure.is_missing() && open.is_known() => {
            workflows::payment_missing(&app.db, open.id).await?;
        }
        // Nobody can pay it: the client secret or page is only handed out once Stripe's id is stored.
        Err(failure) if failure.needs_new_payment() && !open.is_known() => {
            payments::abandon(&app.db, open.id).await?;
        }
        Err(failure) => return Err(no_response(&failure)),
    }
    Ok(())
}

/// The problem of a failed request to Stripe. If the same request would fail again, the payment is abandoned, so that the
/// order can be paid with a new one.
pub(crate) async fn stripe_problem(
    db: &Db,
    open: &OpenPayment,
    failure: StripeFailure,
) -> Result<Problem, Problem> {
    if failure.needs_new_payment() && !open.is_known() {
        payments::abandon(db, open.id).await?;
    }
    if !matches!(failure, StripeFailure::Refused { .. }) || !failure.needs_new_payment() {
        return Ok(no_response(&failure));
    }
    tracing::error!(payment.id = %open.id, error = chain(&failure), "Stripe refuses {}", open.id);
    if failure.is_for_client() {
        return Ok(Problem::refused(&Refusal::NotChargeable { stripe_code: failure.code() }));
    }
    let detail = "the payment provider refuses this payment";
    Ok(Problem::new(StatusCode::BAD_GATEWAY, "payment_refused", detail))
}

pub(crate) fn no_response(failure: &StripeFailure) -> Problem {
    if matches!(failure, StripeFailure::Configuration(_)) {
        return Problem::misconfigured(failure);
    }
    Problem::upstream(failure, "the payment provider did not answer; try again")
}
