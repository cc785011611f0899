use crate::Payments;
use axum::extract::State;
use axum::http::StatusCode;
use domain::db::Db;
use domain::failure::chain;
use domain::id::{OrderId, PaymentId};
use domain::money::Money;
use domain::payment::{self, Open, Status};
use lambda::http::token::Caller;
use lambda::http::{Json, Path, Problem};
use serde::Serialize;
use stripe_gateway::StripeFailure;
use utoipa::ToSchema;

/// With what the buyer's browser pays at Stripe.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaymentIntentView {
    payment: PaymentId,
    order: OrderId,
    /// Stripe's id of the intent.
    #[schema(example = "pi_3PqLkd2eZvKYlo2C1b7VnXyz")]
    stripe_payment_intent: String,
    /// For Stripe.js. A secret of the buyer: show it to nobody else, write it nowhere.
    client_secret: String,
    status: Status,
    /// The order's total.
    amount: Money,
}

/// Start to pay an order
///
/// Creates a Stripe `PaymentIntent` over the order's total. Asked again, it answers with the same intent, so it needs
/// no `Idempotency-Key`. Whether the order is paid is told by Stripe's webhook only.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/payment-intent",
    tag = "payments",
    security(("bearer" = [])),
    params(("order_id" = OrderId, Path, description = "The order's id")),
    responses(
        (status = 200, description = "The intent to pay with", body = PaymentIntentView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of somebody else", body = Problem),
        (status = 409, description = "`not_payable` with `order_status`, `order_ending`, `busy`", body = Problem),
        (status = 502, description = "`upstream_failed`: Stripe did not answer; try again. `payment_refused`: Stripe refuses to take this payment on", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_payment_intent(
    State(Payments { app, dispatch, stripe }): State<Payments>,
    who: Caller,
    Path(order): Path<OrderId>,
) -> Result<Json<PaymentIntentView>, Problem> {
    let open = payment::start(&app.db, who.id, order).await?;
    let intent = match stripe.now().await.open(&open).await {
        Ok(intent) => intent,
        Err(failure) => return Err(without_intent(&app.db, &open, failure).await?),
    };
    // Usually nothing new; but if the webhook is late, this is where we learn that the order is paid.
    payment::hear(&app.db, &intent.told).await?;
    dispatch.try_now(&app.db).await;
    Ok(Json(PaymentIntentView {
        payment: open.id,
        order,
        stripe_payment_intent: intent.told.provider,
        client_secret: intent.client_secret,
        status: intent.told.status,
        amount: open.amount,
    }))
}

/// A wish that Stripe refuses for good must not stand in the way of the next one.
async fn without_intent(db: &Db, open: &Open, failure: StripeFailure) -> Result<Problem, Problem> {
    if failure.is_final() {
        payment::abandon(db, open.id).await?;
        tracing::error!(payment.id = %open.id, error = chain(&failure), "Stripe refuses {}", open.id);
        let detail = "the payment provider refuses to take this payment on";
        return Ok(Problem::new(StatusCode::BAD_GATEWAY, "payment_refused", detail));
    }
    Ok(Problem::upstream(&failure, "the payment provider did not answer; try again"))
}
