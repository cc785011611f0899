use crate::level::StockLevelView;
use axum::extract::State;
use axum::http::Uri;
use domain::db::Db;
use domain::inventory::{self, StockFilter};
use domain::page::PageRequest;
use lambda::http::caller::Staff;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListStock {
    /// A prefix of the SKU.
    #[param(max_length = 64)]
    q: Option<String>,
    /// Only products with low stock, or only those without.
    low_stock: Option<bool>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List stock levels
///
/// Sorted by SKU, without archived products.
#[utoipa::path(
    get,
    path = "/v1/inventory",
    tag = "inventory",
    security(("bearer" = [])),
    params(ListStock),
    responses(
        (status = 200, description = "A page of stock levels", body = List<StockLevelView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_stock(
    State(db): State<Db>,
    _: Staff,
    uri: Uri,
    Query(ListStock { q, low_stock, limit, cursor }): Query<ListStock>,
) -> Result<List<StockLevelView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let filter = StockFilter::new(q.as_deref(), low_stock)?;
    let levels = inventory::list(&db, &filter, &page).await?;
    Ok(List::new(&uri, levels, |level| StockLevelView::from(&level)))
}
