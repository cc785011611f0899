use super::{TaxCountryView, tag};
use crate::country::CountryCode;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::db::Db;
use domain::pricing::ShippingTaxRule;
use domain::pricing::taxes::{self, CountrySettings};
use lambda::http::caller::Staff;
use lambda::http::{IfMatch, Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"prices_include_tax": true, "shipping_rule": "follow"}))]
pub(crate) struct SetTaxCountry {
    /// Whether prices are with tax for orders to this country. If so, the price stays, whatever the rate; if not, tax is added.
    prices_include_tax: bool,
    /// How shipping is taxed: like the goods and in proportion to them, by the category of its method, or not at all.
    shipping_rule: ShippingTaxRule,
}

/// Tax a country, or change how
///
/// From then on orders need an address. The rates are written for themselves. With `If-Match`, only if the country has not
/// changed since.
#[utoipa::path(
    put,
    path = "/v1/tax-countries/{country}",
    tag = "taxes",
    security(("bearer" = [])),
    params(
        ("country" = String, Path, description = "The country's code of ISO 3166-1 alpha-2, or XK", example = "DE"),
        ("If-Match" = Option<String>, Header, description = "The expected ETag, or several; 412 if none is the current one"),
    ),
    request_body = SetTaxCountry,
    responses(
        (status = 200, description = "The taxed country", body = TaxCountryView),
        (status = 201, description = "The country, which was not taxed before", body = TaxCountryView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_if_match`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn set_tax_country(
    State(db): State<Db>,
    Staff(staff): Staff,
    Path(CountryCode(country)): Path<CountryCode>,
    IfMatch(versions): IfMatch,
    Json(body): Json<SetTaxCountry>,
) -> Result<Response, Problem> {
    let SetTaxCountry { prices_include_tax, shipping_rule } = body;
    let settings = CountrySettings { prices_include_tax, shipping_rule };
    let (taxed, is_new) =
        taxes::set_country(&db, staff.id, country, versions.as_deref(), settings).await?;
    let tag = tag(&taxed);
    let view = (tag, Json(TaxCountryView::from(taxed)));
    if !is_new {
        return Ok(view.into_response());
    }
    let location = format!("/v1/tax-countries/{}", country.code());
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], view).into_response())
}
