use super::CategoryView;
use crate::reader::caching;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use domain::catalog;
use domain::db::Db;
use domain::page::Page;
use lambda::http::token::Caller;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListCategories {
    /// Twenty unless you say otherwise.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List categories
///
/// All of them, the oldest first; `parent` makes the tree.
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
    Query(wish): Query<ListCategories>,
) -> Result<impl IntoResponse, Problem> {
    let page = Page::new(wish.limit, wish.cursor.as_deref())?;
    let slice = catalog::list_categories(&db, &page).await?;
    Ok((caching(who), List::new(&uri, slice, CategoryView::from)))
}
