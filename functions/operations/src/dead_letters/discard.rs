use super::{letter_not_found, sqs_failed};
use axum::extract::State;
use domain::acknowledgement::{Acknowledgement, Reason};
use domain::db::Db;
use domain::workflows;
use lambda::dead_letters::DeadLetters;
use lambda::http::caller::Admin;
use lambda::http::{Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// Why nothing is lost with it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "A count of a warehouse that is closed"}))]
pub(crate) struct DiscardDeadLetter {
    /// Kept with your account and the time. Name no customers.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Discard a dead letter
///
/// Deletes it for good, such as one that no release can read; its body stays in the log. The reason is stored first, and the
/// audit log has it. One that was discarded before stays so, with the first reason. Redrive what may succeed instead.
#[utoipa::path(
    post,
    path = "/v1/ops/dead-letters/{letter_id}/discard",
    tag = "operations",
    security(("bearer" = [])),
    params(("letter_id" = String, Path, description = "The message id in SQS", example = "5fea7756-0ea4-451a-a703-a558b933e274")),
    request_body = DiscardDeadLetter,
    responses(
        (status = 200, description = "Who discarded it, when and why", body = Acknowledgement),
        (status = 400, description = "`malformed_json`, `bad_body`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`dead_letter_not_found`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons", body = Problem),
        (status = 502, description = "`upstream_failed`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn discard_dead_letter(
    State(db): State<Db>,
    State(dead_letters): State<DeadLetters>,
    Admin(who): Admin,
    Path(id): Path<String>,
    Json(body): Json<DiscardDeadLetter>,
) -> Result<Json<Acknowledgement>, Problem> {
    let reason = Reason::parse(&body.reason)?;
    let Some(held) = dead_letters.hold(&id).await.map_err(|error| sqs_failed(&error))? else {
        let before = workflows::discarded_dead_letter(&db, &id).await?;
        return before.map(Json).ok_or_else(letter_not_found);
    };
    // After a crash in between, the letter comes back, and the next request deletes it.
    let discarded = workflows::discard_dead_letter(&db, who.id, held.topic(), &id, &reason).await?;
    held.discard().await.map_err(|error| sqs_failed(&error))?;
    Ok(Json(discarded))
}
