use crate::Payments;
use crate::view::RefundView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::failure::{Invalid, chain};
use domain::id::{PaymentId, ProductId};
use domain::idempotency::Answer;
use domain::money::Money;
use domain::payment::refund::{self, Refund, RefundWish, WantedLine};
use lambda::http::token::Staff;
use lambda::http::{Keyed, Path, Problem, Reply};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

/// What Stripe does not confirm in this time is left to the sweep.
const AT_ONCE: Duration = Duration::from_secs(3);

/// What to give back: without an amount and lines, all that is left.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": {"amount": 500, "currency": "EUR"}, "reason": "A chipped mug"}))]
pub(crate) struct CreateRefund {
    amount: Option<Money>,
    /// Pieces of the order, given back for what they cost.
    #[schema(min_items = 1, max_items = 100)]
    lines: Option<Vec<RefundLine>>,
    /// For the record.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundLine {
    product: ProductId,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1000)]
    quantity: i64,
    /// How many of them came back and go on the shelf again, at once and whatever becomes of the money; none unless you say so.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000)]
    restock: i64,
}

impl TryFrom<CreateRefund> for RefundWish {
    type Error = Invalid;

    fn try_from(wish: CreateRefund) -> Result<Self, Invalid> {
        let wanted =
            |RefundLine { product, quantity, restock }| WantedLine { product, quantity, restock };
        let lines = wish.lines.map(|lines| lines.into_iter().map(wanted).collect());
        Self::new(wish.amount, lines, wish.reason.as_deref())
    }
}

/// Refund a payment
///
/// In whole or in part, by amount or by pieces. All refunds together never exceed the payment. Pieces of a shipped order
/// that came back go on the shelf again as far as `restock` says, each once. The answer shows the
/// refund as it was requested; what Stripe makes of it is shown by `GET /v1/refunds/{refund_id}`.
#[utoipa::path(
    post,
    path = "/v1/payments/{payment_id}/refunds",
    tag = "payments",
    security(("bearer" = [])),
    params(
        ("payment_id" = PaymentId, Path, description = "The payment's id"),
        ("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
         description = "Chosen by the client, new for each refund. Kept for 72 hours."),
    ),
    request_body = CreateRefund,
    responses(
        (status = 201, description = "The refund, requested", body = RefundView),
        (status = 400, description = "`malformed_json`, `bad_body`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`payment_not_found`", body = Problem),
        (status = 409, description = "`not_refundable` with `payment_status`, `payment_disputed`, `nothing_left`, `not_shipped` with `order_status`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`, `amount_too_large` with `left`, `other_currency`, `too_many_pieces`, `too_many_restocked`, `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_refund(
    State(payments): State<Payments>,
    Staff(who): Staff,
    Path(payment): Path<PaymentId>,
    Keyed { ticket, wish }: Keyed<CreateRefund>,
) -> Result<Response, Problem> {
    let wish = RefundWish::try_from(wish)?;
    let answer =
        refund::give_back(&payments.app.db, who.id, payment, &wish, &ticket, created).await?;
    if tokio::time::timeout(AT_ONCE, ask_stripe(&payments)).await.is_err() {
        tracing::warn!("Stripe takes its time; the refund is left to the sweep");
    }
    payments.dispatch.try_now(&payments.app.db).await;
    Ok(Reply::created(answer, "/v1/refunds").into_response())
}

fn created(refund: &Refund) -> Answer {
    Reply::answer(StatusCode::CREATED, &RefundView::from(refund.clone()))
}

/// The refund is written down: from here on, a failure is the sweep's to mend.
async fn ask_stripe(Payments { app, stripe, .. }: &Payments) {
    let stripe = match stripe.now().await {
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
            Ok(told) => {
                if let Err(failure) = refund::hear(&app.db, &told).await {
                    tracing::error!(refund.id = %id, error = chain(&failure), "refund {id} is left to the sweep");
                }
            }
            Err(failure) => {
                let error = chain(&failure);
                tracing::error!(refund.id = %id, error, "Stripe does not give refund {id}");
                if failure.is_final()
                    && let Err(error) = refund::refused(&app.db, id).await
                {
                    tracing::error!(error = chain(&error), "refund {id} is left to the sweep");
                }
            }
        }
    }
}
