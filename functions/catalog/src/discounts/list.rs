use super::DiscountView;
use axum::extract::State;
use axum::http::Uri;
use domain::db::Db;
use domain::failure::Invalid;
use domain::page::PageRequest;
use domain::pricing::discounts::{self, DiscountCode, Filter};
use lambda::http::caller::Staff;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDiscounts {
    /// Only discounts with this code, in any case: at most one of them is active.
    code: Option<String>,
    /// Only discounts that are active, or only those that are not.
    active: Option<bool>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

impl ListDiscounts {
    fn filter(&self) -> Result<Filter, Invalid> {
        let code =
            self.code.as_deref().map(|code| DiscountCode::parse("code", code)).transpose()?;
        Ok(Filter { code, is_active: self.active })
    }
}

/// List discounts
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/discounts",
    tag = "discounts",
    security(("bearer" = [])),
    params(ListDiscounts),
    responses(
        (status = 200, description = "A page of discounts", body = List<DiscountView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_discounts(
    State(db): State<Db>,
    _: Staff,
    uri: Uri,
    Query(query): Query<ListDiscounts>,
) -> Result<List<DiscountView>, Problem> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let discounts = discounts::list(&db, &query.filter()?, &page).await?;
    Ok(List::new(&uri, discounts, DiscountView::from))
}
