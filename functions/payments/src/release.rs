use crate::Payments;
use crate::begin::{release, with_timeout};
use crate::view::PaymentView;
use axum::extract::State;
use domain::id::PaymentId;
use domain::ordering::Actor;
use domain::payments;
use domain::viewer::Viewer;
use lambda::http::caller::Staff;
use lambda::http::{Json, Path, Problem};

/// Release a payment
///
/// Cancels a payment that was started and not paid, without ending its order: the buyer can pay anew, or you confirm the order
/// by hand until it expires. Releasing it again changes nothing, so it needs no `Idempotency-Key`. Refused while the money is on
/// its way, and once the order is paid or cancelled.
#[utoipa::path(
    post,
    path = "/v1/payments/{payment_id}/release",
    tag = "payments",
    security(("bearer" = [])),
    params(("payment_id" = PaymentId, Path, description = "The payment's id")),
    responses(
        (status = 200, description = "The payment", body = PaymentView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`payment_not_found`", body = Problem),
        (status = 409, description = "`not_payable` with `order_status`, `order_ending`, `payment_in_progress`, `busy`", body = Problem),
        (status = 502, description = "`upstream_failed`: Stripe did not answer; retry", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn release_payment(
    State(payments): State<Payments>,
    Staff(who): Staff,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    with_timeout(release(&payments, Actor::Staff(who.id), id)).await?;
    let payment = payments::show(&payments.app.db, Viewer::Staff, id).await?;
    Ok(Json(PaymentView::new(payment, Viewer::Staff)))
}
