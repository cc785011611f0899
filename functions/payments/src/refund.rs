use crate::Payments;
use crate::view::RefundView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::failure::{Invalid, chain};
use domain::id::{PaymentId, ProductId, ReturnId};
use domain::idempotency::RecordedResponse;
use domain::money::Money;
use domain::payments::refund::{self, Refund, RefundRequest, RequestedLine};
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{IdempotentJson, IdempotentResponse, Path, Problem};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Refunds that Stripe does not confirm in this time are left to the sweep.
const STRIPE_TIMEOUT: Duration = Duration::from_secs(3);

/// What to refund; without `amount`, `lines` and `shipping`, all that is left of the payment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": {"amount": 500, "currency": "EUR"}, "reason": "A chipped mug"}))]
pub(crate) struct CreateRefund {
    amount: Option<Money>,
    /// Pieces of the order. Each gives back its share of what was paid for its line, after discounts and with tax, less
    /// what was refunded by amount where that leaves too little. Pieces of which all money went back before give nothing back:
    /// such a refund is `succeeded` at once. Pieces that were not shipped yet, and of a line as many as are left to ship, are not
    /// shipped any more.
    #[schema(min_items = 1, max_items = 100)]
    lines: Option<Vec<RefundLine>>,
    /// Whether what is left of the price of shipping goes back as well.
    #[serde(default)]
    shipping: bool,
    /// An internal note. Required for a payment that was not taken by Stripe.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
    /// The return whose money it gives back, approved or received: by its pieces, or by an amount that leaves a fee to the shop.
    /// Its pieces go back into stock when they are received, so `restock` is 0.
    #[serde(rename = "return")]
    of_return: Option<ReturnId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundLine {
    product: ProductId,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1000)]
    quantity: i64,
    /// How many of the pieces were returned; 0 by default. They go back into stock at once, even if the refund fails.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000)]
    restock: i64,
}

impl TryFrom<CreateRefund> for RefundRequest {
    type Error = Invalid;

    fn try_from(body: CreateRefund) -> Result<Self, Invalid> {
        let line = |RefundLine { product, quantity, restock }| RequestedLine {
            product,
            quantity,
            restock,
        };
        let lines = body.lines.map(|lines| lines.into_iter().map(line).collect());
        Self::new(body.amount, lines, body.shipping, body.reason.as_deref())?
            .for_return(body.of_return)
    }
}

/// Refund a payment
///
/// In full or in part, by amount or by pieces and shipping. The refunds of a payment never exceed its amount. Returned pieces of a
/// shipped order go back into stock as `restock` says, each at most once. The response shows the refund as requested;
/// `GET /v1/refunds/{refund_id}` shows its status at Stripe. A payment that staff recorded themselves, such as a bank transfer, is
/// paid back by them as well: its refund is `succeeded` at once, and the buyer is notified.
#[utoipa::path(
    post,
    path = "/v1/payments/{payment_id}/refunds",
    tag = "payments",
    security(("bearer" = [])),
    params(
        ("payment_id" = PaymentId, Path, description = "The payment's id"),
        ("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
         description = "Chosen by the client, unique per refund. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = CreateRefund,
    responses(
        (status = 201, description = "The requested refund", body = RefundView),
        (status = 400, description = "`malformed_json`, `bad_body`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`payment_not_found`", body = Problem),
        (status = 409, description = "`not_refundable` with `payment_status`, `payment_disputed`, `nothing_left`, `not_shipped` with `order_status`, `pieces_packed` with `product`, `return_of_other_order`, `return_not_refundable` with `return_status` and `allowed`, `too_many_of_return` with `product` and `left`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`, `amount_too_large` with `left`, `other_currency`, `amount_off_step` with `step`, `reason_required`, `too_many_pieces`, `too_many_restocked`, `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_refund(
    State(payments): State<Payments>,
    Staff(who): Staff,
    Path(payment): Path<PaymentId>,
    IdempotentJson { request, body }: IdempotentJson<CreateRefund>,
) -> Result<Response, Problem> {
    let wanted = RefundRequest::try_from(body)?;
    let response =
        workflows::refund_payment(&payments.app.db, who.id, payment, &wanted, &request, created)
            .await?;
    if tokio::time::timeout(STRIPE_TIMEOUT, send_to_stripe(&payments)).await.is_err() {
        tracing::warn!("Stripe did not confirm in time; the refund is left to the sweep");
    }
    payments.dispatcher.try_send(&payments.app.db).await;
    Ok(IdempotentResponse::created(response, "/v1/refunds").into_response())
}

fn created(refund: &Refund) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::CREATED, &RefundView::from(refund.clone()))
}

/// Sends due refunds to Stripe. They are committed, so whatever fails here is left to the sweep.
async fn send_to_stripe(Payments { app, stripe, .. }: &Payments) {
    let stripe = match stripe.current().await {
        Ok(stripe) => stripe,
        Err(error) => {
            return tracing::error!(error = chain(&error), "refunds are left to the sweep");
        }
    };
    let due = match refund::due(&app.db, 5).await {
        Ok(due) => due,
        Err(error) => {
            return tracing::error!(error = chain(&error), "refunds are left to the sweep");
        }
    };
    for due in due {
        let id = due.id;
        match stripe.refund(&due).await {
            Ok(update) => {
                if let Err(failure) = workflows::apply_refund_update(&app.db, &update).await {
                    tracing::error!(refund.id = %id, error = chain(&failure), "refund {id} is left to the sweep");
                }
            }
            Err(failure) => {
                let error = chain(&failure);
                tracing::error!(refund.id = %id, error, "Stripe did not accept refund {id}");
                if failure.is_final_for_refund()
                    && let Err(error) =
                        workflows::fail_refund(&app.db, id, &failure.code().unwrap_or_default())
                            .await
                {
                    tracing::error!(error = chain(&error), "refund {id} is left to the sweep");
                }
            }
        }
    }
}
