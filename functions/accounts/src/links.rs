use crate::Accounts;
use axum::extract::State;
use domain::accounts::Refusal;
use domain::guests::{self, OrderLink};
use domain::id::OrderId;
use lambda::http::token::LINK_LIFETIME;
use lambda::http::{Json, Problem, Throttled, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87.mOV7Nf0y3yRPrzHn5vJYH2kS0k0vDpLrbWQyUk1fZ9A"
}))]
pub(crate) struct UseLink {
    /// What stands behind the `#` of the link.
    token: String,
}

/// An access token for one order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderTokenView {
    order: OrderId,
    /// Sent in the header `Authorization: Bearer …` of requests about the order.
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// The lifetime of the access token in seconds.
    #[schema(example = 3600)]
    expires_in: i64,
}

/// Use the link of an order
///
/// Takes what stands behind the `#` of the link in an email about a guest's order, and returns a token that shows this order. A
/// link can be used for 180 days from the order, as often as needed, until the order belongs to an account. Using it proves that
/// the address is the guest's.
#[utoipa::path(
    post,
    path = "/v1/auth/links",
    tag = "accounts",
    request_body = UseLink,
    responses(
        (status = 200, description = "The token", body = OrderTokenView),
        (status = 400, description = "`bad_link`, `bad_body`, `malformed_json`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn use_link(
    State(state): State<Accounts>,
    Visitor(visitor): Visitor,
    Json(body): Json<UseLink>,
) -> Result<Json<OrderTokenView>, Problem> {
    let link = OrderLink::parse(&body.token);
    let link = link.ok_or_else(|| Problem::refused(&Refusal::BadLink))?;
    let Accounts { app, link_key, signer, .. } = &state;
    let epoch = guests::use_link(&app.db, link_key, &link, &visitor).await?;
    Ok(Json(OrderTokenView {
        order: link.order,
        access_token: signer.issue_for_link(link.order, epoch, app.clock.now())?,
        token_type: "Bearer",
        expires_in: LINK_LIFETIME.whole_seconds(),
    }))
}
