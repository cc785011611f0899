use crate::Inventory;
use crate::level::StockLevelView;
use crate::sku::Sku;
use axum::extract::State;
use domain::inventory::{self, Threshold};
use lambda::http::token::Staff;
use lambda::http::{Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// When a product runs low.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"threshold": 5}))]
pub(crate) struct SetThreshold {
    /// At this many available pieces or fewer, staff get a mail; null for never.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, minimum = 0, maximum = 1_000_000_000)]
    threshold: Option<i64>,
}

/// Say when a product runs low
///
/// Staff get one mail each time that the available pieces fall to the threshold; the next one after they were above it.
#[utoipa::path(
    put,
    path = "/v1/inventory/{sku}/threshold",
    tag = "inventory",
    security(("bearer" = [])),
    params(("sku" = String, Path, description = "The product's sku", example = "MUG-01")),
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
    _: Staff,
    Path(Sku(sku)): Path<Sku>,
    Json(wish): Json<SetThreshold>,
) -> Result<Json<StockLevelView>, Problem> {
    let threshold = wish.threshold.map(Threshold::new).transpose()?;
    let level = inventory::set_threshold(&app.db, &sku, threshold).await?;
    Ok(Json(StockLevelView::from(&level)))
}
