use super::zone::Zone;
use super::{ShippingMethodView, WorkingDays, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::change::Change;
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::ShippingMethodId;
use domain::pricing::shipping_methods::{
    self, Carrier, Days, MethodChange, MethodName, WrittenZone,
};
use domain::tax_category::TaxCategory;
use lambda::http::caller::Staff;
use lambda::http::{IfMatch, Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// A JSON merge patch: absent fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"free_from": 4000, "active": true}))]
pub(crate) struct ChangeShippingMethod {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    name: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    carrier: Change<String>,
    /// The value of the goods after discounts from which it is free, in minor units; null for never.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1)]
    free_from: Change<i64>,
    /// Null sets it to `standard`.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9_-]{0,39}$")]
    tax_category: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<WorkingDays>)]
    days: Change<WorkingDays>,
    #[serde(default)]
    #[schema(value_type = i32, required = false)]
    position: Change<i32>,
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    active: Change<bool>,
    /// Replaces all zones.
    #[serde(default)]
    #[schema(value_type = Vec<Zone>, required = false, max_items = 500)]
    zones: Change<Vec<Zone>>,
}

impl TryFrom<ChangeShippingMethod> for MethodChange {
    type Error = Invalid;

    fn try_from(body: ChangeShippingMethod) -> Result<Self, Invalid> {
        let name = body.name.required("/name")?;
        let category =
            body.tax_category.try_map(|raw| TaxCategory::parse("/tax_category", &raw))?;
        let zones = body.zones.required("/zones")?;
        Ok(Self {
            name: name.as_deref().map(MethodName::parse).transpose()?,
            carrier: body.carrier.try_map(|raw| Carrier::parse(&raw))?,
            free_from_minor: body.free_from,
            tax_category: category.or_default(),
            days: body.days.try_map(Days::try_from)?,
            position: body.position.required("/position")?,
            is_active: body.active.required("/active")?,
            zones: zones.map(|zones| zones.into_iter().map(WrittenZone::from).collect()),
        })
    }
}

/// Change a shipping method
///
/// A JSON merge patch. Orders keep what they were placed with. With `If-Match`, only if the method has not changed since.
#[utoipa::path(
    patch,
    path = "/v1/shipping-methods/{method_id}",
    tag = "shipping",
    security(("bearer" = [])),
    params(
        ("method_id" = ShippingMethodId, Path, description = "The shipping method's id"),
        ("If-Match" = Option<String>, Header, description = "The expected ETag, or several; 412 if none is the current one"),
    ),
    request_body = ChangeShippingMethod,
    responses(
        (
            status = 200,
            description = "The changed shipping method",
            body = ShippingMethodView,
        ),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_if_match`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`shipping_method_not_found`, `not_found`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn change_shipping_method(
    State(db): State<Db>,
    Staff(staff): Staff,
    Path(id): Path<ShippingMethodId>,
    IfMatch(versions): IfMatch,
    Json(body): Json<ChangeShippingMethod>,
) -> Result<impl IntoResponse, Problem> {
    let change = body.try_into()?;
    let method = shipping_methods::change(&db, staff.id, id, versions.as_deref(), &change).await?;
    Ok((tag(&method), Json(ShippingMethodView::from(method))))
}
