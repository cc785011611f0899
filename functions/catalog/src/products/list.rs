use super::ProductView;
use crate::reader::{caching, viewer};
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use domain::catalog::{self, Filter, Sort, Status, Words};
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::CategoryId;
use domain::money::Currency;
use domain::page::Page;
use lambda::http::token::Caller;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListProducts {
    /// Words to look for in name, sku and description: `mug -blue "large cup"`. Where nothing has them, those
    /// whose names are nearly right are shown, unless there are operators among the words.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Products of this category and of those below it.
    category: Option<CategoryId>,
    /// For staff only.
    status: Option<Status>,
    /// In minor units.
    min_price: Option<i64>,
    /// In minor units.
    max_price: Option<i64>,
    /// Only products priced in it.
    currency: Option<Currency>,
    /// Whether any can be ordered now.
    in_stock: Option<bool>,
    /// The newest first unless you say otherwise.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// Twenty unless you say otherwise.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before, which had the same `sort`.
    cursor: Option<String>,
}

impl ListProducts {
    fn filter(&self) -> Result<Filter, Invalid> {
        Ok(Filter {
            words: self.q.as_deref().map(Words::parse).transpose()?.flatten(),
            category: self.category,
            status: self.status,
            min_price: self.min_price,
            max_price: self.max_price,
            currency: self.currency,
            in_stock: self.in_stock,
        })
    }
}

/// List products
///
/// Strangers and customers see active products; staff see all, and more of the stock.
#[utoipa::path(
    get,
    path = "/v1/products",
    tag = "products",
    security((), ("bearer" = [])),
    params(ListProducts),
    responses(
        (
            status = 200,
            description = "A page of products",
            body = List<ProductView>,
        ),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`: the token is not valid", body = Problem),
        (status = 403, description = "`wrong_role`: only staff may filter by status", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_products(
    State(db): State<Db>,
    who: Option<Caller>,
    uri: Uri,
    Query(wish): Query<ListProducts>,
) -> Result<impl IntoResponse, Problem> {
    let viewer = viewer(who);
    let page = Page::new(wish.limit, wish.cursor.as_deref())?;
    let slice = catalog::list_products(&db, viewer, &wish.filter()?, wish.sort, &page).await?;
    Ok((caching(who), List::new(&uri, slice, |product| ProductView::new(product, viewer))))
}
