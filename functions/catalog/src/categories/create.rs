use super::CategoryView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::catalog::{self, Category, CategoryName, NewCategory};
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::CategoryId;
use domain::idempotency::{IdempotentCall, RecordedResponse};
use lambda::http::caller::Staff;
use lambda::http::{ETag, IdempotentResponse, MaybeIdempotentJson, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Mugs"}))]
pub(crate) struct CreateCategory {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The parent category; none for the root.
    parent: Option<CategoryId>,
}

impl TryFrom<CreateCategory> for NewCategory {
    type Error = Invalid;

    fn try_from(body: CreateCategory) -> Result<Self, Invalid> {
        Ok(Self { name: CategoryName::parse(&body.name)?, parent: body.parent })
    }
}

/// Create a category
#[utoipa::path(
    post,
    path = "/v1/categories",
    tag = "categories",
    security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = CreateCategory,
    responses(
        (
            status = 201,
            description = "The new category",
            body = CategoryView,
            headers(("ETag" = String, description = "The entity tag, for `If-Match`")),
        ),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`category_name_taken`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_category(
    State(db): State<Db>,
    Staff(who): Staff,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<CreateCategory>,
) -> Result<impl IntoResponse, Problem> {
    let call = IdempotentCall { request, respond: created };
    let response = catalog::create_category(&db, who.id, &body.try_into()?, &call).await?;
    Ok((ETag::version(1), IdempotentResponse::created(response, "/v1/categories")))
}

fn created(category: &Category) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::CREATED, &CategoryView::from(category.clone()))
}
