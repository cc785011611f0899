use super::ReconciliationView;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::db::Db;
use domain::payment::reconciliation;
use lambda::http::token::Admin;
use lambda::http::{Json, Problem};

/// Compare with Stripe
///
/// Our payments and refunds of the last three days, and those that still wait, against Stripe's. It begins within a
/// minute; read it to see what it found. While one is under way, that is the answer.
#[utoipa::path(
    post,
    path = "/v1/ops/reconciliations",
    tag = "operations",
    security(("bearer" = [])),
    responses(
        (status = 202, description = "The comparison, asked for or under way", body = ReconciliationView,
         headers(("Location" = String, description = "Its address"))),
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
    let asked = reconciliation::request(&db, who.id).await?;
    let location = [(header::LOCATION, format!("/v1/ops/reconciliations/{}", asked.id))];
    Ok((StatusCode::ACCEPTED, location, Json(ReconciliationView::from(asked))).into_response())
}
