use super::TaxCountryView;
use axum::extract::State;
use axum::http::Uri;
use domain::db::Db;
use domain::page::PageRequest;
use domain::pricing::taxes;
use lambda::http::caller::Staff;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListTaxCountries {
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List taxed countries
///
/// By their codes.
#[utoipa::path(
    get,
    path = "/v1/tax-countries",
    tag = "taxes",
    security(("bearer" = [])),
    params(ListTaxCountries),
    responses(
        (status = 200, description = "A page of taxed countries", body = List<TaxCountryView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_tax_countries(
    State(db): State<Db>,
    _: Staff,
    uri: Uri,
    Query(query): Query<ListTaxCountries>,
) -> Result<List<TaxCountryView>, Problem> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let countries = taxes::list_countries(&db, &page).await?;
    Ok(List::new(&uri, countries, TaxCountryView::from))
}
