//! `/v1/ops/outbox`.

use axum::extract::State;
use domain::db::Db;
use domain::operations::{self, FailingMessage};
use lambda::http::caller::Admin;
use lambda::http::{Json, Problem};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The messages in the outbox that were not sent yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutboxView {
    waiting: i64,
    /// The age of the oldest message in seconds; null if there is none.
    #[schema(required)]
    oldest_seconds: Option<i64>,
    /// Messages that were tried more than once, those with the most attempts first; at most 100.
    failing: Vec<FailingMessageView>,
}

#[derive(Serialize, ToSchema)]
struct FailingMessageView {
    /// The event, and the id of its subject.
    #[schema(example = "order_placed:ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87")]
    message: String,
    /// The queue that it is sent to.
    #[schema(example = "mail")]
    topic: String,
    attempts: i32,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    next_try_at: OffsetDateTime,
}

impl From<FailingMessage> for FailingMessageView {
    fn from(failing: FailingMessage) -> Self {
        let FailingMessage { dedupe_key, topic, attempts, created_at, next_try_at } = failing;
        Self { message: dedupe_key, topic, attempts, created_at, next_try_at }
    }
}

/// Show the outbox
#[utoipa::path(
    get,
    path = "/v1/ops/outbox",
    tag = "operations",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The unsent messages", body = OutboxView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_outbox(
    State(db): State<Db>,
    _: Admin,
) -> Result<Json<OutboxView>, Problem> {
    let outbox = operations::outbox(&db).await?;
    Ok(Json(OutboxView {
        waiting: outbox.waiting,
        oldest_seconds: outbox.oldest_seconds,
        failing: outbox.failing.into_iter().map(FailingMessageView::from).collect(),
    }))
}
