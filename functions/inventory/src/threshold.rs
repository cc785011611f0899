use crate::Inventory;
use crate::level::StockLevelView;
use crate::sku::Sku;
use axum::extract::State;
use domain::inventory::{self, Threshold};
use lambda::http::caller::Staff;
use lambda::http::{Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// The low-stock threshold of a product.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"threshold": 5}))]
pub(crate) struct SetThreshold {
    /// At this many available pieces or fewer, staff get an email; null for never.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, minimum = 0, maximum = 1_000_000_000)]
    threshold: Option<i64>,
}

/// Set the low-stock threshold of a product
///
/// Staff get one email each time the available pieces fall to the threshold or below, and the next one only after they
/// have risen above it.
#[utoipa::path(
    put,
    path = "/v1/inventory/{sku}/threshold",
    tag = "inventory",
    security(("bearer" = [])),
    params(("sku" = String, Path, description = "The product's SKU", example = "MUG-01")),
    request_body = SetThreshold,
    responses(
        (status = 200, description = "The product's stock level", body = StockLevelView),
        (status = 400, description = "`malformed_json`, `bad_body`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`unknown_sku`, `not_found`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn set_threshold(
    State(Inventory { app, .. }): State<Inventory>,
    Staff(staff): Staff,
    Path(Sku(sku)): Path<Sku>,
    Json(body): Json<SetThreshold>,
) -> Result<Json<StockLevelView>, Problem> {
    let threshold = body.threshold.map(Threshold::new).transpose()?;
    let level = inventory::set_threshold(&app.db, staff.id, &sku, threshold).await?;
    Ok(Json(StockLevelView::from(&level)))
}
