use super::TaxRateView;
use crate::country::CountryCode;
use axum::extract::State;
use axum::http::Uri;
use domain::db::Db;
use domain::page::PageRequest;
use domain::pricing::taxes::{self, RateFilter};
use lambda::http::caller::Staff;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListTaxRates {
    /// Only rates of this country.
    #[param(value_type = Option<String>, example = "US")]
    country: Option<CountryCode>,
    /// Only rates of this region.
    #[param(max_length = 100)]
    region: Option<String>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List tax rates
///
/// All that were ever written, by place, category and component, the oldest first. The one in force has begun and not ended.
#[utoipa::path(
    get,
    path = "/v1/tax-rates",
    tag = "taxes",
    security(("bearer" = [])),
    params(ListTaxRates),
    responses(
        (status = 200, description = "A page of tax rates", body = List<TaxRateView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_tax_rates(
    State(db): State<Db>,
    _: Staff,
    uri: Uri,
    Query(query): Query<ListTaxRates>,
) -> Result<List<TaxRateView>, Problem> {
    let country = query.country.map(|CountryCode(country)| country);
    let filter = RateFilter::new(country, query.region.as_deref())?;
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let rates = taxes::list_rates(&db, &filter, &page).await?;
    Ok(List::new(&uri, rates, TaxRateView::from))
}
