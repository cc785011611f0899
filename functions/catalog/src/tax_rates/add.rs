use super::TaxRateView;
use axum::extract::State;
use axum::http::StatusCode;
use domain::db::Db;
use domain::failure::Invalid;
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::pricing::WrittenPlace;
use domain::pricing::taxes::{self, NewTaxRate, TaxRate, WrittenTaxRate};
use lambda::http::caller::Staff;
use lambda::http::{IdempotentResponse, MaybeIdempotentJson, Problem};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"country": "DE", "rate_ppm": 190_000, "label": "MwSt"}))]
pub(crate) struct AddTaxRate {
    #[schema(pattern = "^[A-Z]{2}$")]
    country: String,
    /// Absent for all regions. Of Australia, Canada and the United States the code; elsewhere as addresses have it.
    #[schema(min_length = 1, max_length = 100)]
    region: Option<String>,
    /// The beginning of postal codes; absent for all.
    #[schema(min_length = 1)]
    postal_prefix: Option<String>,
    /// What products and shipping methods name. Those without a rate of their own have that of `standard`, the default.
    #[schema(pattern = "^[a-z0-9][a-z0-9_-]{0,39}$")]
    category: Option<String>,
    /// Tells several taxes on the same goods apart, such as `state` and `local`, which add up; `tax` by default.
    #[schema(pattern = "^[a-z0-9][a-z0-9_-]{0,39}$")]
    component: Option<String>,
    /// Parts per million: 88750 is 8.875 %. Null ends the rate before.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    rate_ppm: Option<i32>,
    /// The name of the tax, for buyers.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    /// At least a minute from now; absent for as soon as possible.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(example = "2100-01-01T00:00:00Z")]
    valid_from: Option<OffsetDateTime>,
}

impl TryFrom<AddTaxRate> for NewTaxRate {
    type Error = Invalid;

    fn try_from(body: AddTaxRate) -> Result<Self, Invalid> {
        Self::parse(WrittenTaxRate {
            place: WrittenPlace {
                pointer: "",
                country: &body.country,
                region: body.region.as_deref(),
                postal_prefix: body.postal_prefix.as_deref(),
            },
            category: body.category.as_deref(),
            component: body.component.as_deref(),
            rate_ppm: body.rate_ppm,
            label: &body.label,
            valid_from: body.valid_from,
        })
    }
}

/// Add a tax rate
///
/// It holds from its time on, and ends the one before of the same place, category and component. Rates never change, so that
/// what an order was taxed with stays known. Of several that fit an address, for each component the one of its region counts
/// before that of the country, then that of the longest postal prefix.
#[utoipa::path(
    post,
    path = "/v1/tax-rates",
    tag = "taxes",
    security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = AddTaxRate,
    responses(
        (status = 201, description = "The new rate", body = TaxRateView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`tax_rate_taken`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn add_tax_rate(
    State(db): State<Db>,
    Staff(who): Staff,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<AddTaxRate>,
) -> Result<IdempotentResponse, Problem> {
    let new = NewTaxRate::try_from(body)?;
    let call = IdempotentCall { request, respond: added };
    let response = taxes::add_rate(&db, who.id, &new, &call).await?;
    let rates = format!("/v1/tax-rates?country={}", new.country().code());
    Ok(IdempotentResponse::with_location(response, rates))
}

fn added(rate: &TaxRate) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::CREATED, &TaxRateView::from(rate.clone()))
}
