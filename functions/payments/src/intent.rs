use crate::Payments;
use crate::begin::{begin, stripe_problem, with_timeout};
use axum::extract::State;
use domain::failure::Failure;
use domain::guests::Credentials;
use domain::id::{OrderId, PaymentId};
use domain::money::Money;
use domain::payments::{PaymentFlow, Refusal, Status};
use domain::workflows;
use lambda::http::shopper::Shopper;
use lambda::http::{Json, Path, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// A Stripe `PaymentIntent`, to be paid in the buyer's browser.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaymentIntentView {
    payment: PaymentId,
    order: OrderId,
    /// Stripe's id of the `PaymentIntent`.
    #[schema(example = "pi_3PqLkd2eZvKYlo2C1b7VnXyz")]
    stripe_payment_intent: String,
    /// For Stripe.js. A secret of the buyer: do not store or log it, nor show it to anybody else.
    client_secret: String,
    status: Status,
    /// The order's total.
    amount: Money,
}

/// Create a payment intent
///
/// Creates a Stripe `PaymentIntent` over the order's total. A repeated request returns the same intent, so it needs no
/// `Idempotency-Key`. An open checkout session of the order is expired first. The order becomes paid by Stripe's
/// webhook.
///
/// The stock stays reserved for 30 minutes from then on. Until the buyer has verified the email address, it does so for an
/// hour from the order at most, an order can have three payments in place of ten, and vouchers are not offered.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/payment-intent",
    tag = "payments",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(("order_id" = OrderId, Path, description = "The order's id")),
    responses(
        (status = 200, description = "The payment intent", body = PaymentIntentView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user or guest", body = Problem),
        (status = 409, description = "`not_payable` with `order_status`, `order_ending`, `payment_in_progress`, `too_many_payments` with `most`, `busy`", body = Problem),
        (status = 422, description = "`amount_not_chargeable` with `stripe_code`", body = Problem),
        (status = 502, description = "`upstream_failed`: Stripe did not answer; retry. `payment_refused`: Stripe refuses this payment", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_payment_intent(
    State(payments): State<Payments>,
    Shopper(who): Shopper,
    Path(order): Path<OrderId>,
) -> Result<Json<PaymentIntentView>, Problem> {
    with_timeout(open_intent(&payments, &who, order)).await.map(Json)
}

async fn open_intent(
    payments: &Payments,
    who: &Credentials,
    order: OrderId,
) -> Result<PaymentIntentView, Problem> {
    let Payments { app, dispatcher, stripe } = payments;
    // If the intent turns out to be missing at Stripe, the second round starts a new payment.
    for _ in 0..2 {
        let open = begin(payments, who, order, &PaymentFlow::Intent).await?;
        let intent = match stripe.current().await?.payment_intent(&open).await {
            Ok(intent) => intent,
            Err(failure) if failure.is_missing() && open.is_known() => {
                workflows::payment_missing(&app.db, open.id).await?;
                continue;
            }
            Err(failure) => return Err(stripe_problem(&app.db, &open, failure).await?),
        };
        // Stores Stripe's id; and if the webhook is late, the order becomes paid here.
        let stored = workflows::apply_payment_update(&app.db, &intent.update).await?;
        dispatcher.try_send(&app.db).await;
        // Another request has abandoned the payment meanwhile: its secret must not be handed out.
        if stored.is_final() && !intent.update.status.is_final() {
            break;
        }
        return Ok(PaymentIntentView {
            payment: open.id,
            order,
            stripe_payment_intent: intent.id,
            client_secret: intent.client_secret,
            status: intent.update.status,
            amount: open.amount,
        });
    }
    Err(Failure::Refused(Refusal::InProgress).into())
}
