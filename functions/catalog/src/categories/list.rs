use super::CategoryView;
use crate::reader::caching;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use domain::catalog;
use domain::db::Db;
use domain::page::PageRequest;
use lambda::http::caller::Caller;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListCategories {
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List categories
///
/// All categories, oldest first; `parent` gives the tree.
#[utoipa::path(
    get,
    path = "/v1/categories",
    tag = "categories",
    security((), ("bearer" = [])),
    params(ListCategories),
    responses(
        (
            status = 200,
            description = "A page of categories",
            body = List<CategoryView>,
        ),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`: the token is not valid", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_categories(
    State(db): State<Db>,
    who: Option<Caller>,
    uri: Uri,
    Query(query): Query<ListCategories>,
) -> Result<impl IntoResponse, Problem> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let categories = catalog::list_categories(&db, &page).await?;
    Ok((caching(who), List::new(&uri, categories, CategoryView::from)))
}
