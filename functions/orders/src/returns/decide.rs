use super::{ReturnView, changed};
use crate::Orders;
use axum::extract::State;
use domain::id::ReturnId;
use domain::idempotency::IdempotentCall;
use domain::ordering::Reason;
use domain::ordering::returns::Instructions;
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{IdempotentResponse, MaybeIdempotentJson, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"instructions": "Send it to: Tradepost, Returns, Dock 4, 20457 Hamburg."}))]
pub(crate) struct ApproveReturn {
    /// How the goods are to be sent back, for the buyer.
    #[schema(max_length = 1000)]
    instructions: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The seal was broken."}))]
pub(crate) struct RejectReturn {
    /// For the buyer.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Approve a return
///
/// The buyer is told to send the goods. Approving it again with the same instructions changes nothing.
#[utoipa::path(
    post,
    path = "/v1/returns/{return_id}/approve",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("return_id" = ReturnId, Path, description = "The return's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = ApproveReturn,
    responses(
        (status = 200, description = "The approved return", body = ReturnView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`return_not_found`", body = Problem),
        (status = 409, description = "`illegal_return_move` with `return_status` and `allowed`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn approve_return(
    State(Orders { app, dispatcher }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<ReturnId>,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<ApproveReturn>,
) -> Result<IdempotentResponse, Problem> {
    let said = Instructions::parse(body.instructions.as_deref())?;
    let call = IdempotentCall { request, respond: changed };
    let response = workflows::approve_return(&app.db, who.id, id, &said, &call).await?;
    dispatcher.try_send(&app.db).await;
    Ok(response.into())
}

/// Reject a return
///
/// The buyer is told why, and can return the pieces otherwise. Rejecting it again for the same reason changes nothing.
#[utoipa::path(
    post,
    path = "/v1/returns/{return_id}/reject",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("return_id" = ReturnId, Path, description = "The return's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = RejectReturn,
    responses(
        (status = 200, description = "The rejected return", body = ReturnView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`return_not_found`", body = Problem),
        (status = 409, description = "`illegal_return_move` with `return_status` and `allowed`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn reject_return(
    State(Orders { app, dispatcher }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<ReturnId>,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<RejectReturn>,
) -> Result<IdempotentResponse, Problem> {
    let reason = Reason::parse(&body.reason)?;
    let call = IdempotentCall { request, respond: changed };
    let response = workflows::reject_return(&app.db, who.id, id, &reason, &call).await?;
    dispatcher.try_send(&app.db).await;
    Ok(response.into())
}
