use crate::Orders;
use axum::extract::State;
use domain::workflows;
use lambda::http::caller::Claimant;
use lambda::http::{Json, Problem};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct ClaimedOrders {
    /// How many orders were taken over.
    #[schema(example = 1)]
    claimed: usize,
}

/// Claim orders
///
/// Takes over what was ordered as a guest under the account's address within the last 180 days. The address must be verified.
/// From then on the secrets and links of these orders open nothing. Asking again takes over what came since.
#[utoipa::path(
    post,
    path = "/v1/me/orders/claim",
    tag = "orders",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "How many", body = ClaimedOrders),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 409, description = "`email_unproven`, `busy`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn claim_orders(
    State(Orders { app, .. }): State<Orders>,
    Claimant(claim): Claimant,
) -> Result<Json<ClaimedOrders>, Problem> {
    let claimed = workflows::claim_orders(&app.db, claim).await?;
    Ok(Json(ClaimedOrders { claimed }))
}
