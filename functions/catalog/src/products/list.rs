use super::ProductView;
use crate::reader::{caching, viewer};
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use domain::catalog::{self, Filter, SearchTerms, Sort, Status};
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::CategoryId;
use domain::money::Currency;
use domain::page::PageRequest;
use lambda::http::caller::Caller;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListProducts {
    /// Search for products with all of these words in name, SKU or description, whatever their case and accents. The last
    /// word may be the beginning of one, and so may the SKU. `"large cup"` finds words side by side, and ` -blue` after
    /// another word excludes one. Without a match, products with similar names are returned, unless there are such operators.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Products of this category and its subcategories.
    category: Option<CategoryId>,
    /// For staff only.
    status: Option<Status>,
    /// In minor units of the currency of each product; give `currency` as well if there are several.
    min_price: Option<i64>,
    /// In minor units, like `min_price`.
    max_price: Option<i64>,
    /// Only products priced in this currency.
    currency: Option<Currency>,
    /// Whether any pieces can be ordered.
    in_stock: Option<bool>,
    /// By default the best match of `q` first, or the newest product if there is no `q`. Best are products whose name is
    /// `q`, then those with all words in name or SKU, then with beginnings of words or other accents there, and last those
    /// with words in the description; the newest first among equals. Names are sorted by their letters, whatever their case,
    /// then by their accents: apfel, Äpfel, Banane, éclair, Zebra. Prices are sorted within each currency, and currencies by
    /// their codes; give `currency` for a list in one of them.
    #[param(inline)]
    sort: Option<Sort>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page, with the same `sort`.
    cursor: Option<String>,
}

impl ListProducts {
    fn filter(&self) -> Result<Filter, Invalid> {
        Ok(Filter {
            terms: self.q.as_deref().map(SearchTerms::parse).transpose()?.flatten(),
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
/// Staff see all products and all counts of stock; everybody else sees active products.
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
    Query(query): Query<ListProducts>,
) -> Result<impl IntoResponse, Problem> {
    let viewer = viewer(who);
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let products = catalog::list_products(&db, viewer, &query.filter()?, query.sort, &page).await?;
    Ok((caching(who), List::new(&uri, products, |product| ProductView::new(product, viewer))))
}
