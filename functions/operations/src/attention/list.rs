use super::view::AttentionItemView;
use axum::extract::State;
use axum::http::Uri;
use domain::db::Db;
use domain::operations;
use domain::page::PageRequest;
use lambda::dead_letters::DeadLetters;
use lambda::http::caller::Admin;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAttention {
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List what waits for a person
///
/// Everything that the shop cannot resolve by itself, oldest first, each with the requests that deal with it. What is dealt with
/// leaves the list, and so does what is acknowledged. The first page begins with the dead letters, if there are any. While
/// something waits, an email counts it for the staff once a day.
#[utoipa::path(
    get,
    path = "/v1/ops/attention",
    tag = "operations",
    security(("bearer" = [])),
    params(ListAttention),
    responses(
        (status = 200, description = "A page of what waits", body = List<AttentionItemView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_attention(
    State(db): State<Db>,
    State(dead_letters): State<DeadLetters>,
    _: Admin,
    uri: Uri,
    Query(ListAttention { limit, cursor }): Query<ListAttention>,
) -> Result<List<AttentionItemView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    // The list says so if SQS did not answer: the rest of it is needed then as well.
    let count = if page.after.is_none() { dead_letters.count().await.ok() } else { Some(0) };
    let waiting = operations::attention(&db, &page, count).await?;
    Ok(List::new(&uri, waiting, AttentionItemView::from))
}
