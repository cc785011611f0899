use crate::Orders;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::{CommentId, OrderId, UserId};
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::ordering::{Comment, CommentText};
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{IdempotentJson, IdempotentResponse, Path, Problem};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "She called: leave the parcel next door."}))]
pub(crate) struct CommentOnOrder {
    /// Surrounding white space is trimmed.
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
}

/// A comment of staff on an order.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderComment)]
pub(crate) struct CommentView {
    id: CommentId,
    order: OrderId,
    /// Null once the buyer's data are erased.
    text: Option<String>,
    created_by: UserId,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// Comment on an order
///
/// For staff: the order's events show it as `order_commented` to them alone. It stays with the order until the buyer's data are
/// erased, and the export of their data contains it.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/comments",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
         description = "Chosen by the client, unique per comment. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = CommentOnOrder,
    responses(
        (status = 201, description = "The comment", body = CommentView),
        (status = 400, description = "`malformed_json`, `bad_body`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`order_not_found`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn comment_on_order(
    State(Orders { app, .. }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<OrderId>,
    IdempotentJson { request, body }: IdempotentJson<CommentOnOrder>,
) -> Result<IdempotentResponse, Problem> {
    let text = CommentText::parse(&body.text)?;
    let call = IdempotentCall { request: Some(request), respond: created };
    let response = workflows::comment_on_order(&app.db, who.id, id, &text, &call).await?;
    Ok(IdempotentResponse::with_location(response, format!("/v1/orders/{id}/events")))
}

fn created(comment: &Comment) -> RecordedResponse {
    let Comment { id, order, text, created_by, created_at } = comment.clone();
    let view = CommentView { id, order, text, created_by, created_at };
    IdempotentResponse::record(StatusCode::CREATED, &view)
}
