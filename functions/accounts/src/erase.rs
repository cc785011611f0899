use crate::Accounts;
use axum::extract::State;
use axum::http::StatusCode;
use domain::accounts::PasswordAttempt;
use domain::failure::Invalid;
use domain::workflows;
use lambda::http::caller::Leaver;
use lambda::http::{Json, Problem, Throttled, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current": "plain words are fine"}))]
pub(crate) struct EraseAccount {
    /// The current password.
    #[schema(max_length = 512)]
    current: String,
}

/// Erase my account
///
/// For good: email address, password, sessions, and the addresses, notes and tracking numbers of all orders are deleted.
/// Amounts, products and times of the orders stay, without the person. The email address can be registered again. No
/// email confirms it, since the address is gone.
///
/// Refused with `orders_open` while an order is not settled: cancel what is `unpaid` (what was ordered as
/// a guest under the account's address counts: claim it first, to see it), and wait for what is `unshipped`,
/// `payment_open`, `refund_open`, `dispute_open` or `return_open`, or ask the shop. `orders` names them. The same request again gets the
/// same response, as long as its token would have been valid.
#[utoipa::path(
    post,
    path = "/v1/me/erase",
    tag = "accounts",
    security(("bearer" = [])),
    request_body = EraseAccount,
    responses(
        (status = 204, description = "The account is erased"),
        (status = 400, description = "`bad_body`, `malformed_json`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_password`", body = Problem),
        (status = 409, description = "`orders_open`, `last_admin`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn erase_account(
    State(Accounts { app, hasher, .. }): State<Accounts>,
    who: Leaver,
    Visitor(visitor): Visitor,
    Json(body): Json<EraseAccount>,
) -> Result<StatusCode, Problem> {
    if let Leaver::Present(who) = who {
        let current = PasswordAttempt::parse(&body.current)
            .map_err(|invalid| Invalid { pointer: "/current".to_owned(), ..invalid })?;
        workflows::erase_own_account(&app.db, &hasher, who.id, &current, &visitor).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
