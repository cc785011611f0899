use super::sqs_failed;
use axum::extract::State;
use domain::operations;
use lambda::dead_letters::{DeadLetter, DeadLetters};
use lambda::http::caller::Admin;
use lambda::http::{Json, Problem, count_that_fits};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct DeadLettersView {
    data: Vec<DeadLetterView>,
}

/// A message that its consumer failed to process.
#[derive(Serialize, ToSchema)]
struct DeadLetterView {
    #[schema(example = "5fea7756-0ea4-451a-a703-a558b933e274")]
    id: String,
    /// The queue that it came from.
    #[schema(example = "inventory")]
    topic: &'static str,
    body: String,
    /// How often it was received, by this list too.
    receives: i32,
    /// What is wrong with the message; null if it is well-formed, in which case the consumer's log says what failed.
    #[schema(required)]
    reason: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    sent_at: Option<OffsetDateTime>,
}

impl From<DeadLetter> for DeadLetterView {
    fn from(message: DeadLetter) -> Self {
        let DeadLetter { id, topic, body, receives, sent_at } = message;
        let reason = operations::parse_error(topic, &body);
        Self { id, topic: topic.name(), body, receives, reason, sent_at }
    }
}

/// List dead letters
///
/// Messages that failed five times. The first few hundred of each queue, as far as they fit into a response.
#[utoipa::path(
    get,
    path = "/v1/ops/dead-letters",
    tag = "operations",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The dead letters", body = DeadLettersView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 502, description = "`upstream_failed`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_dead_letters(
    State(dead_letters): State<DeadLetters>,
    _: Admin,
) -> Result<Json<DeadLettersView>, Problem> {
    let messages = dead_letters.list().await.map_err(|error| sqs_failed(&error))?;
    let mut data: Vec<_> = messages.into_iter().map(DeadLetterView::from).collect();
    data.truncate(count_that_fits(&data));
    Ok(Json(DeadLettersView { data }))
}
