use super::{TaxCountryView, tag};
use crate::country::CountryCode;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::db::Db;
use domain::pricing::taxes;
use lambda::http::caller::Staff;
use lambda::http::{Json, Path, Problem};

/// Show how a country is taxed
#[utoipa::path(
    get,
    path = "/v1/tax-countries/{country}",
    tag = "taxes",
    security(("bearer" = [])),
    params(
        ("country" = String, Path, description = "The country's code of ISO 3166-1 alpha-2, or XK", example = "DE"),
        ("If-None-Match" = Option<String>, Header, description = "ETags of cached responses"),
    ),
    responses(
        (status = 200, description = "The taxed country", body = TaxCountryView),
        (status = 304, description = "Not modified"),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`tax_country_not_found`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_tax_country(
    State(db): State<Db>,
    _: Staff,
    Path(CountryCode(country)): Path<CountryCode>,
) -> Result<impl IntoResponse, Problem> {
    let taxed = taxes::show_country(&db, country).await?;
    Ok((tag(&taxed), Json(TaxCountryView::from(taxed))))
}
