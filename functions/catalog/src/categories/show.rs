use super::{CategoryView, tag};
use crate::reader::caching;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::catalog;
use domain::db::Db;
use domain::id::CategoryId;
use lambda::http::token::Caller;
use lambda::http::{IfNoneMatch, Json, Path, Problem};

/// Show a category
#[utoipa::path(
    get,
    path = "/v1/categories/{category_id}",
    tag = "categories",
    security((), ("bearer" = [])),
    params(
        ("category_id" = CategoryId, Path, description = "The category's id"),
        ("If-None-Match" = Option<String>, Header, description = "ETags of views that you hold"),
    ),
    responses(
        (
            status = 200,
            description = "The category",
            body = CategoryView,
        ),
        (status = 304, description = "As you hold it"),
        (status = 401, description = "`sign_in`: the token is not valid", body = Problem),
        (status = 404, description = "`category_not_found`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_category(
    State(db): State<Db>,
    who: Option<Caller>,
    Path(id): Path<CategoryId>,
    held: IfNoneMatch,
) -> Result<impl IntoResponse, Problem> {
    let category = catalog::show_category(&db, id).await?;
    let tag = tag(&category);
    Ok((caching(who), held.answer(tag, Json(CategoryView::from(category)))))
}
