use super::{CategoryView, tag};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::catalog::{self, CategoryName, NewCategory};
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::CategoryId;
use lambda::http::token::Staff;
use lambda::http::{Json, Problem};
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
    request_body = CreateCategory,
    responses(
        (
            status = 201,
            description = "The new category",
            body = CategoryView,
            headers(("ETag" = String, description = "What to send as If-Match")),
        ),
        (status = 400, description = "`malformed_json`, `bad_body`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`category_name_taken`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` says which and why", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_category(
    State(db): State<Db>,
    _: Staff,
    Json(wish): Json<CreateCategory>,
) -> Result<impl IntoResponse, Problem> {
    let category = catalog::create_category(&db, &wish.try_into()?).await?;
    let place = [(header::LOCATION, format!("/v1/categories/{}", category.id))];
    Ok((StatusCode::CREATED, place, tag(&category), Json(CategoryView::from(category))))
}
