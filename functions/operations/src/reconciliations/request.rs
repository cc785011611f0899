use super::ReconciliationView;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::db::Db;
use domain::payments::reconciliation;
use lambda::http::caller::Admin;
use lambda::http::{Json, Problem};

/// Request a reconciliation with Stripe
///
/// Compares our payments and refunds of the last three days, older ones still in progress, and the disputes of half a year
/// with Stripe's. It starts within a minute; read it for its findings. If one is requested or running already, it is
/// returned instead.
#[utoipa::path(
    post,
    path = "/v1/ops/reconciliations",
    tag = "operations",
    security(("bearer" = [])),
    responses(
        (status = 202, description = "The requested or running reconciliation", body = ReconciliationView,
         headers(("Location" = String, description = "The URL of the reconciliation"))),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn request_reconciliation(
    State(db): State<Db>,
    Admin(who): Admin,
) -> Result<Response, Problem> {
    let run = reconciliation::request(&db, who.id).await?;
    let location = [(header::LOCATION, format!("/v1/ops/reconciliations/{}", run.id))];
    Ok((StatusCode::ACCEPTED, location, Json(ReconciliationView::from(run))).into_response())
}
