use crate::Payments;
use crate::begin::{begin, stripe_problem, with_timeout};
use axum::extract::State;
use domain::failure::{Failure, Invalid};
use domain::guests::Credentials;
use domain::id::{OrderId, PaymentId};
use domain::money::Money;
use domain::payments::{PaymentFlow, Refusal, ReturnUrls};
use domain::workflows;
use lambda::http::shopper::Shopper;
use lambda::http::{Json, Path, Problem};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "success_url": "https://shop.example.com/paid?session={CHECKOUT_SESSION_ID}", "cancel_url": "https://shop.example.com/basket",
}))]
pub(crate) struct OpenCheckout {
    /// The URL that the buyer is sent to after paying; https, or http on localhost. Stripe replaces
    /// `{CHECKOUT_SESSION_ID}` by the session's id.
    #[schema(max_length = 2000)]
    success_url: String,
    /// The URL that the buyer is sent to if they do not pay; https, or http on localhost.
    #[schema(max_length = 2000)]
    cancel_url: String,
}

/// A Stripe Checkout Session: a page hosted by Stripe, on which the buyer pays.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckoutSessionView {
    payment: PaymentId,
    order: OrderId,
    /// Stripe's id of the session.
    #[schema(example = "cs_test_a1b2c3d4e5f6g7h8i9j0")]
    stripe_checkout_session: String,
    /// The URL to send the buyer's browser to.
    #[schema(example = "https://checkout.stripe.com/c/pay/cs_test_a1b2c3d4e5f6g7h8i9j0")]
    url: String,
    /// When the session expires. Until then the order's stock stays reserved, or until an hour from the order if the buyer
    /// has not verified the email address.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    /// The order's total.
    amount: Money,
}

impl TryFrom<OpenCheckout> for PaymentFlow {
    type Error = Invalid;

    fn try_from(body: OpenCheckout) -> Result<Self, Invalid> {
        Ok(Self::HostedPage(ReturnUrls::parse(&body.success_url, &body.cancel_url)?))
    }
}

/// Create a checkout session
///
/// Creates a Stripe Checkout Session over the order's total, open for 35 minutes; the order's stock stays reserved as
/// long. A repeated request returns the same session with its first URLs while it is open, so it needs no
/// `Idempotency-Key`. An open `PaymentIntent` of the order is canceled first: an order has one open payment at a time,
/// the one requested last. The order becomes paid by Stripe's webhook, not by the buyer's return to `success_url`.
///
/// Until the buyer has verified the email address, the stock stays reserved for an hour from the order at most, an order can
/// have three payments in place of ten, and vouchers are not offered.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/checkout-session",
    tag = "payments",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(("order_id" = OrderId, Path, description = "The order's id")),
    request_body = OpenCheckout,
    responses(
        (status = 200, description = "The open checkout session", body = CheckoutSessionView),
        (status = 400, description = "`malformed_json`, `bad_body`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user or guest", body = Problem),
        (status = 409, description = "`not_payable` with `order_status`, `order_ending`, `payment_in_progress`, `too_many_payments` with `most`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `amount_not_chargeable` with `stripe_code`", body = Problem),
        (status = 502, description = "`upstream_failed`: Stripe did not answer; retry. `payment_refused`: Stripe refuses this payment", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_checkout_session(
    State(payments): State<Payments>,
    Shopper(who): Shopper,
    Path(order): Path<OrderId>,
    Json(body): Json<OpenCheckout>,
) -> Result<Json<CheckoutSessionView>, Problem> {
    let flow = PaymentFlow::try_from(body)?;
    with_timeout(open_session(&payments, &who, order, &flow)).await.map(Json)
}

async fn open_session(
    payments: &Payments,
    who: &Credentials,
    order: OrderId,
    flow: &PaymentFlow,
) -> Result<CheckoutSessionView, Problem> {
    let Payments { app, dispatcher, stripe } = payments;
    // If the session turns out to be closed or missing at Stripe, that is applied, and the second round starts a new
    // payment.
    for _ in 0..2 {
        let open = begin(payments, who, order, flow).await?;
        let session = match stripe.current().await?.checkout_session(&open).await {
            Ok(session) => session,
            Err(failure) if failure.is_missing() && open.is_known() => {
                workflows::payment_missing(&app.db, open.id).await?;
                continue;
            }
            Err(failure) => return Err(stripe_problem(&app.db, &open, failure).await?),
        };
        let stored = workflows::apply_payment_update(&app.db, &session.update).await?;
        dispatcher.try_send(&app.db).await;
        // Another request has abandoned the payment meanwhile: its page must not be handed out.
        let is_abandoned = stored.is_final() && !session.update.status.is_final();
        if let Some(url) = session.url.filter(|_| !is_abandoned) {
            return Ok(CheckoutSessionView {
                payment: open.id,
                order,
                stripe_checkout_session: session.id,
                url,
                expires_at: session.expires_at,
                amount: open.amount,
            });
        }
        if !session.update.status.is_final() {
            break;
        }
    }
    Err(Failure::Refused(Refusal::InProgress).into())
}
