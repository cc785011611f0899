use crate::Payments;
use crate::begin::{begin, in_time, refused};
use axum::extract::State;
use domain::failure::{Failure, Invalid};
use domain::id::{OrderId, PaymentId, UserId};
use domain::money::Money;
use domain::payment::{self, Refusal, ReturnUrls, Way};
use lambda::http::token::Caller;
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
    /// Where the buyer goes after paying; https, or http on localhost. Stripe puts the session's id in the place of
    /// `{CHECKOUT_SESSION_ID}`.
    #[schema(max_length = 2000)]
    success_url: String,
    /// Where the buyer goes to turn back; https, or http on localhost.
    #[schema(max_length = 2000)]
    cancel_url: String,
}

/// A page of Stripe's on which the buyer pays.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckoutSessionView {
    payment: PaymentId,
    order: OrderId,
    /// Stripe's id of the session.
    #[schema(example = "cs_test_a1b2c3d4e5f6g7h8i9j0")]
    stripe_checkout_session: String,
    /// Send the buyer's browser there.
    #[schema(example = "https://checkout.stripe.com/c/pay/cs_test_a1b2c3d4e5f6g7h8i9j0")]
    url: String,
    /// When the page closes. Until then the order's stock is held.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    /// The order's total.
    amount: Money,
}

impl TryFrom<OpenCheckout> for Way {
    type Error = Invalid;

    fn try_from(wish: OpenCheckout) -> Result<Self, Invalid> {
        Ok(Self::Checkout(ReturnUrls::parse(&wish.success_url, &wish.cancel_url)?))
    }
}

/// Open a page of Stripe's to pay an order on
///
/// Creates a Stripe Checkout Session over the order's total, open for 35 minutes; the order's stock is held as long. Asked
/// again, it answers with the same session and its first addresses while that is open, so it needs no `Idempotency-Key`.
/// If the order was begun to be paid with a `PaymentIntent`, that one is canceled first: an order has one way to be
/// paid at a time, the one asked for last. Whether it is paid is told by Stripe's webhook only.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/checkout-session",
    tag = "payments",
    security(("bearer" = [])),
    params(("order_id" = OrderId, Path, description = "The order's id")),
    request_body = OpenCheckout,
    responses(
        (status = 200, description = "The page to pay on", body = CheckoutSessionView),
        (status = 400, description = "`malformed_json`, `bad_body`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of somebody else", body = Problem),
        (status = 409, description = "`not_payable` with `order_status`, `order_ending`, `payment_in_progress`, `too_many_payments` with `most`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` says which and why", body = Problem),
        (status = 502, description = "`upstream_failed`: Stripe did not answer; try again. `payment_refused`: Stripe refuses to take this payment on", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_checkout_session(
    State(payments): State<Payments>,
    who: Caller,
    Path(order): Path<OrderId>,
    Json(wish): Json<OpenCheckout>,
) -> Result<Json<CheckoutSessionView>, Problem> {
    let way = Way::try_from(wish)?;
    in_time(open_page(&payments, who.id, order, &way)).await.map(Json)
}

async fn open_page(
    payments: &Payments,
    buyer: UserId,
    order: OrderId,
    way: &Way,
) -> Result<CheckoutSessionView, Problem> {
    let Payments { app, dispatch, stripe } = payments;
    // A page that was closed meanwhile is taken down first; what that means for the order is seen by beginning again.
    for _ in 0..2 {
        let open = begin(payments, buyer, order, way).await?;
        let session = match stripe.now().await?.session(&open).await {
            Ok(session) => session,
            Err(failure) => return Err(refused(&app.db, &open, failure).await?),
        };
        payment::hear(&app.db, &session.told).await?;
        dispatch.try_now(&app.db).await;
        if let Some(url) = session.url {
            return Ok(CheckoutSessionView {
                payment: open.id,
                order,
                stripe_checkout_session: session.id,
                url,
                expires_at: session.expires_at,
                amount: open.amount,
            });
        }
        if !session.told.status.is_final() {
            break;
        }
    }
    Err(Failure::Refused(Refusal::InProgress).into())
}
