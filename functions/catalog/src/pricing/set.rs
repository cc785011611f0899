use super::{PricingView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::change::Change;
use domain::db::Db;
use domain::pricing::country_at;
use domain::pricing::settings::{self, SettingsChange};
use lambda::http::caller::Staff;
use lambda::http::{IfMatch, Json, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"home_country": "DE"}))]
pub(crate) struct SetPricing {
    /// The country that prices are estimated for before an address is known; null for none.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, pattern = "^[A-Z]{2}$")]
    home_country: Option<String>,
    /// Whether those may create checkouts who have no account. Those that are open can be completed all the same. It stays as it is
    /// if it is left out.
    guest_checkout: Option<bool>,
    /// For how many days after an order's last parcel its buyer can request a return; null if only staff can. It stays as it is
    /// if it is left out.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 3650)]
    return_window_days: Change<i64>,
}

/// Change the settings of prices
///
/// With `If-Match`, only if they have not changed since.
#[utoipa::path(
    put,
    path = "/v1/pricing",
    tag = "taxes",
    security(("bearer" = [])),
    params(
        ("If-Match" = Option<String>, Header, description = "The expected ETag, or several; 412 if none is the current one"),
    ),
    request_body = SetPricing,
    responses(
        (status = 200, description = "The settings", body = PricingView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_if_match`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn set_pricing(
    State(db): State<Db>,
    Staff(staff): Staff,
    IfMatch(versions): IfMatch,
    Json(body): Json<SetPricing>,
) -> Result<impl IntoResponse, Problem> {
    let home = body.home_country.as_deref();
    let home = home.map(|code| country_at("/home_country", code)).transpose()?;
    let change = SettingsChange::new(home, body.guest_checkout, body.return_window_days)?;
    let pricing = settings::set(&db, staff.id, versions.as_deref(), change).await?;
    Ok((tag(&pricing), Json(PricingView::from(pricing))))
}
