use crate::Payments;
use crate::begin::{begin, in_time, refused};
use axum::extract::State;
use domain::id::{OrderId, PaymentId, UserId};
use domain::money::Money;
use domain::payment::{self, Status, Way};
use lambda::http::token::Caller;
use lambda::http::{Json, Path, Problem};
use serde::Serialize;
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
/// no `Idempotency-Key`. If the order was begun to be paid on a page of Stripe's, that page is closed first. Whether the
/// order is paid is told by Stripe's webhook only.
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
        (status = 409, description = "`not_payable` with `order_status`, `order_ending`, `payment_in_progress`, `too_many_payments` with `most`, `busy`", body = Problem),
        (status = 502, description = "`upstream_failed`: Stripe did not answer; try again. `payment_refused`: Stripe refuses to take this payment on", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_payment_intent(
    State(payments): State<Payments>,
    who: Caller,
    Path(order): Path<OrderId>,
) -> Result<Json<PaymentIntentView>, Problem> {
    in_time(open_intent(&payments, who.id, order)).await.map(Json)
}

async fn open_intent(
    payments: &Payments,
    buyer: UserId,
    order: OrderId,
) -> Result<PaymentIntentView, Problem> {
    let open = begin(payments, buyer, order, &Way::Intent).await?;
    let Payments { app, dispatch, stripe } = payments;
    let intent = match stripe.now().await?.open(&open).await {
        Ok(intent) => intent,
        Err(failure) => return Err(refused(&app.db, &open, failure).await?),
    };
    // Usually nothing new; but if the webhook is late, this is where we learn that the order is paid.
    payment::hear(&app.db, &intent.told).await?;
    dispatch.try_now(&app.db).await;
    Ok(PaymentIntentView {
        payment: open.id,
        order,
        stripe_payment_intent: intent.id,
        client_secret: intent.client_secret,
        status: intent.told.status,
        amount: open.amount,
    })
}
