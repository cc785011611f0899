use super::{CategoryView, tag};
use crate::reader::caching;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::catalog;
use domain::db::Db;
use domain::id::CategoryId;
use lambda::http::caller::Caller;
use lambda::http::{Json, Path, Problem};

/// Show a category
#[utoipa::path(
    get,
    path = "/v1/categories/{category_id}",
    tag = "categories",
    security((), ("bearer" = [])),
    params(
        ("category_id" = CategoryId, Path, description = "The category's id"),
        ("If-None-Match" = Option<String>, Header, description = "ETags of cached responses"),
    ),
    responses(
        (
            status = 200,
            description = "The category",
            body = CategoryView,
        ),
        (status = 304, description = "Not modified"),
        (status = 401, description = "`sign_in`: the token is not valid", body = Problem),
        (status = 404, description = "`category_not_found`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_category(
    State(db): State<Db>,
    who: Option<Caller>,
    Path(id): Path<CategoryId>,
) -> Result<impl IntoResponse, Problem> {
    let category = catalog::show_category(&db, id).await?;
    let tag = tag(&category);
    Ok((caching(who), tag, Json(CategoryView::from(category))))
}
