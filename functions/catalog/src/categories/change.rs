use super::{CategoryView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::catalog::{self, CategoryChange, CategoryName, Change};
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::CategoryId;
use lambda::http::caller::Staff;
use lambda::http::{IfMatch, Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// A JSON merge patch: absent fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Cups and mugs", "parent": null}))]
pub(crate) struct ChangeCategory {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    name: Change<String>,
    /// Null moves the category to the root.
    #[serde(default)]
    #[schema(value_type = Option<CategoryId>)]
    parent: Change<CategoryId>,
}

impl TryFrom<ChangeCategory> for CategoryChange {
    type Error = Invalid;

    fn try_from(body: ChangeCategory) -> Result<Self, Invalid> {
        let name = body.name.required("/name")?;
        Ok(Self {
            name: name.as_deref().map(CategoryName::parse).transpose()?,
            parent: body.parent,
        })
    }
}

/// Rename or move a category
///
/// A JSON merge patch. With `If-Match`, only if the category has not changed since.
#[utoipa::path(
    patch,
    path = "/v1/categories/{category_id}",
    tag = "categories",
    security(("bearer" = [])),
    params(
        ("category_id" = CategoryId, Path, description = "The category's id"),
        ("If-Match" = Option<String>, Header, description = "The expected ETag, or several; 412 if none is the current one"),
    ),
    request_body = ChangeCategory,
    responses(
        (
            status = 200,
            description = "The changed category",
            body = CategoryView,
        ),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_if_match`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`category_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`category_name_taken`, `category_cycle`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn change_category(
    State(db): State<Db>,
    Staff(staff): Staff,
    Path(id): Path<CategoryId>,
    IfMatch(versions): IfMatch,
    Json(body): Json<ChangeCategory>,
) -> Result<impl IntoResponse, Problem> {
    let category =
        catalog::change_category(&db, staff.id, id, versions.as_deref(), &body.try_into()?).await?;
    Ok((tag(&category), Json(CategoryView::from(category))))
}
