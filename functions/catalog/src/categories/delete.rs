use axum::extract::State;
use axum::http::StatusCode;
use domain::catalog;
use domain::db::Db;
use domain::id::CategoryId;
use lambda::http::caller::Staff;
use lambda::http::{IfMatch, Path, Problem};

/// Delete a category
///
/// Only a category without subcategories and without products; archived products do not count.
#[utoipa::path(
    delete,
    path = "/v1/categories/{category_id}",
    tag = "categories",
    security(("bearer" = [])),
    params(
        ("category_id" = CategoryId, Path, description = "The category's id"),
        ("If-Match" = Option<String>, Header, description = "The expected ETag, or several; 412 if none is the current one"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, description = "`bad_if_match`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`category_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`category_in_use`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn delete_category(
    State(db): State<Db>,
    Staff(staff): Staff,
    Path(id): Path<CategoryId>,
    IfMatch(versions): IfMatch,
) -> Result<StatusCode, Problem> {
    catalog::delete_category(&db, staff.id, id, versions.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
