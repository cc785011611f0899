use super::CategoryView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::catalog::{self, Category, CategoryName, NewCategory};
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::CategoryId;
use domain::idempotency::{Answer, Once};
use lambda::http::token::Staff;
use lambda::http::{MaybeKeyed, Problem, Reply, Tag};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Mugs"}))]
pub(crate) struct CreateCategory {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The category above; none for the root.
    parent: Option<CategoryId>,
}

impl TryFrom<CreateCategory> for NewCategory {
    type Error = Invalid;

    fn try_from(wish: CreateCategory) -> Result<Self, Invalid> {
        Ok(Self { name: CategoryName::parse(&wish.name)?, parent: wish.parent })
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
            description = "Chosen by the client, new for each request; the same again gets the same answer. Kept for 72 hours."),
    ),
    request_body = CreateCategory,
    responses(
        (
            status = 201,
            description = "The new category",
            body = CategoryView,
            headers(("ETag" = String, description = "What to send as If-Match")),
        ),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`category_name_taken`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` says which and why; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_category(
    State(db): State<Db>,
    Staff(who): Staff,
    MaybeKeyed { ticket, wish }: MaybeKeyed<CreateCategory>,
) -> Result<impl IntoResponse, Problem> {
    let once = Once { ticket, put: created };
    let answer = catalog::create_category(&db, who.id, &wish.try_into()?, &once).await?;
    Ok((Tag::version(1), Reply::created(answer, "/v1/categories")))
}

fn created(category: &Category) -> Answer {
    Reply::answer(StatusCode::CREATED, &CategoryView::from(category.clone()))
}
