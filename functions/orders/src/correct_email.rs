use crate::Orders;
use crate::view::{OrderView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::email::Email;
use domain::id::OrderId;
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ann@example.com"}))]
pub(crate) struct CorrectEmail {
    /// ASCII only.
    #[schema(min_length = 3, max_length = 254)]
    email: String,
}

/// Correct the email address of a guest
///
/// For an order without an account whose guest has mistyped the address. All further emails go to the new one; links in emails
/// that went to the old one open nothing any more. Emails that failed are sent again by `POST /v1/ops/emails/{message}/resend`.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/email",
    tag = "orders",
    security(("bearer" = [])),
    params(("order_id" = OrderId, Path, description = "The order's id")),
    request_body = CorrectEmail,
    responses(
        (status = 200, description = "The order", body = OrderView),
        (status = 400, description = "`malformed_json`, `bad_body`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`order_not_found`", body = Problem),
        (status = 409, description = "`order_of_account`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn correct_email(
    State(Orders { app, .. }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<OrderId>,
    Json(body): Json<CorrectEmail>,
) -> Result<impl IntoResponse, Problem> {
    let address = Email::parse(&body.email)?;
    let order = workflows::correct_guest_address(&app.db, who.id, id, &address).await?;
    Ok((tag(&order), Json(OrderView::from(order))))
}
