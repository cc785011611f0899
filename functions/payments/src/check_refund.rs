use crate::Payments;
use crate::begin::{no_response, with_timeout};
use crate::view::RefundView;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::{RefundId, UserId};
use domain::payments::refund::{self, RefundAtStripe};
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{Json, Path, Problem};

/// Check a refund at Stripe
///
/// Asks Stripe for a refund that is `pending` or `requires_action`, and stores what it says. If Stripe has the payment but
/// not the refund, the refund fails as `refund_gone`, and its amount can be refunded again: so is a `refund_gone` of a
/// reconciliation resolved. Of any other refund, and when repeated, nothing changes.
#[utoipa::path(
    post,
    path = "/v1/refunds/{refund_id}/check",
    tag = "payments",
    security(("bearer" = [])),
    params(("refund_id" = RefundId, Path, description = "The refund's id")),
    responses(
        (status = 200, description = "The refund as it is now", body = RefundView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`refund_not_found`", body = Problem),
        (status = 409, description = "`payment_not_at_stripe`, `busy`", body = Problem),
        (status = 502, description = "`upstream_failed`: Stripe did not answer; retry", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn check_refund(
    State(payments): State<Payments>,
    Staff(who): Staff,
    Path(id): Path<RefundId>,
) -> Result<Json<RefundView>, Problem> {
    let db = &payments.app.db;
    refund::show(db, id).await?;
    if let Some(undecided) = refund::undecided(db, id).await? {
        with_timeout(ask_stripe(&payments, who.id, &undecided)).await?;
        payments.dispatcher.try_send(db).await;
    }
    Ok(Json(refund::show(db, id).await?.into()))
}

async fn ask_stripe(
    Payments { app, stripe, .. }: &Payments,
    staff: UserId,
    undecided: &RefundAtStripe,
) -> Result<(), Problem> {
    let id = undecided.id;
    match stripe.current().await?.check_refund(undecided).await {
        Ok(Some(update)) => workflows::apply_refund_update(&app.db, &update).await?,
        Ok(None) => {
            if workflows::give_up_refund(&app.db, staff, id).await? {
                tracing::warn!(refund.id = %id, by = %staff, "{staff} gave up {id}: Stripe does not have it");
            }
        }
        Err(failure) if failure.is_missing() => {
            let detail = "Stripe does not know the refund's payment either";
            return Err(Problem::new(StatusCode::CONFLICT, "payment_not_at_stripe", detail));
        }
        Err(failure) => return Err(no_response(&failure)),
    }
    Ok(())
}
