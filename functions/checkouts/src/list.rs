use crate::view::CheckoutSummary;
use axum::extract::State;
use axum::http::Uri;
use domain::checkouts::{self, Filter, Status};
use domain::page::PageRequest;
use lambda::http::caller::Staff;
use lambda::http::{App, List, Problem, Query};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListCheckouts {
    /// Only checkouts in this status.
    status: Option<Status>,
    /// Only checkouts of the account or guest with this email address.
    email: Option<String>,
    /// Only checkouts created at or after this time (RFC 3339).
    #[serde(rename = "created_at[gte]", with = "time::serde::rfc3339::option", default)]
    since: Option<OffsetDateTime>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List checkouts
///
/// Newest first, without prices.
#[utoipa::path(
    get,
    path = "/v1/checkouts",
    tag = "checkouts",
    security(("bearer" = [])),
    params(ListCheckouts),
    responses(
        (status = 200, description = "A page of checkouts", body = List<CheckoutSummary>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_checkouts(
    State(app): State<App>,
    _: Staff,
    uri: Uri,
    Query(query): Query<ListCheckouts>,
) -> Result<List<CheckoutSummary>, Problem> {
    let ListCheckouts { status, email, since, limit, cursor } = query;
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let filter = Filter::new(status, email.as_deref(), since)?;
    let checkouts = checkouts::list(&app.db, &filter, &page).await?;
    Ok(List::new(&uri, checkouts, CheckoutSummary::from))
}
