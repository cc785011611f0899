//! What both ways to pay begin with: one payment, and Stripe's word on it.

use crate::Payments;
use axum::http::StatusCode;
use domain::db::Db;
use domain::failure::{Failure, chain};
use domain::id::{OrderId, UserId};
use domain::payment::{self, Open, Refusal, Start, Way};
use lambda::http::Problem;
use std::time::Duration;
use stripe_gateway::StripeFailure;

/// Less than the function's timeout: Stripe may be asked for several things, and the caller gets an answer.
const IN_ALL: Duration = Duration::from_secs(9);
/// Whoever asks for both ways at once gets one of them in the end.
const MOST_ROUNDS: usize = 3;

/// Does what can be left at any point and finished by asking again, as long as somebody waits for it.
pub(crate) async fn in_time<T>(
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    // What Stripe says is large, and would be part of every future that awaits it.
    let out_of_time = |_| Err(silent(&StripeFailure::Away("out of time".to_owned())));
    tokio::time::timeout(IN_ALL, Box::pin(work)).await.unwrap_or_else(out_of_time)
}

/// The payment by which an order is paid, once Stripe let go of one that was begun the other way.
pub(crate) async fn begin(
    Payments { app, dispatch, stripe }: &Payments,
    buyer: UserId,
    order: OrderId,
    way: &Way,
) -> Result<Open, Problem> {
    for _ in 0..MOST_ROUNDS {
        let other = match payment::start(&app.db, buyer, order, way).await? {
            Start::Open(open) => return Ok(open),
            Start::InTheWay(other) => other,
        };
        match stripe.now().await?.cancel(&other).await {
            Ok(told) => {
                payment::hear(&app.db, &told).await?;
                dispatch.try_now(&app.db).await;
                if !told.status.is_final() {
                    return Err(Failure::Refused(Refusal::InProgress).into());
                }
            }
            // Stripe never took it on, and never will.
            Err(failure) if failure.is_final() && !other.is_known() => {
                payment::abandon(&app.db, other.id).await?;
            }
            Err(failure) => return Err(silent(&failure)),
        }
    }
    Err(Failure::Refused(Refusal::InProgress).into())
}

/// A wish that Stripe refuses for good must not stand in the way of the next one.
pub(crate) async fn refused(
    db: &Db,
    open: &Open,
    failure: StripeFailure,
) -> Result<Problem, Problem> {
    if failure.is_final() {
        payment::abandon(db, open.id).await?;
        tracing::error!(payment.id = %open.id, error = chain(&failure), "Stripe refuses {}", open.id);
        let detail = "the payment provider refuses to take this payment on";
        return Ok(Problem::new(StatusCode::BAD_GATEWAY, "payment_refused", detail));
    }
    Ok(silent(&failure))
}

fn silent(failure: &StripeFailure) -> Problem {
    Problem::upstream(failure, "the payment provider did not answer; try again")
}
