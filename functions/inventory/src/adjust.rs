use crate::Inventory;
use crate::level::StockLevelView;
use crate::sku::Sku;
use axum::extract::State;
use axum::http::StatusCode;
use domain::failure::Invalid;
use domain::id::AdjustmentId;
use domain::inventory::{self, Adjustment, Reason, StockLevel};
use lambda::http::caller::Staff;
use lambda::http::{IdempotentJson, IdempotentResponse, Path, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A change of the stock on hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"delta": -2, "reason": "damaged", "note": "dropped when unpacking"}))]
pub(crate) struct AdjustStock {
    /// The pieces to add, or to remove if negative. Not zero.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    delta: i64,
    reason: Reason,
    /// One line of explanation.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// The adjustment, and the stock after it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdjustmentView {
    id: AdjustmentId,
    delta: i32,
    reason: Reason,
    #[schema(required)]
    note: Option<String>,
    stock: StockLevelView,
}

impl TryFrom<AdjustStock> for Adjustment {
    type Error = Invalid;

    fn try_from(body: AdjustStock) -> Result<Self, Invalid> {
        Self::new(body.delta, body.reason, body.note.as_deref())
    }
}

impl AdjustmentView {
    fn new(id: AdjustmentId, adjustment: &Adjustment, level: &StockLevel) -> Self {
        Self {
            id,
            delta: adjustment.delta(),
            reason: adjustment.reason(),
            note: adjustment.note().map(str::to_owned),
            stock: level.into(),
        }
    }
}

/// Adjust the stock on hand
///
/// Adds or removes pieces, for a reason; never below the number of reserved pieces. `Location` is the product's list of
/// movements, which includes the adjustment.
#[utoipa::path(
    post,
    path = "/v1/inventory/{sku}/adjustments",
    tag = "inventory",
    security(("bearer" = [])),
    params(
        ("sku" = String, Path, description = "The product's SKU, or its id, which finds archived products as well", example = "MUG-01"),
        ("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
         description = "Chosen by the client, unique per adjustment. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = AdjustStock,
    responses(
        (status = 201, description = "The adjustment, and the stock after it", body = AdjustmentView),
        (status = 400, description = "`malformed_json`, `bad_body`, `idempotency_key_required`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`unknown_sku`, `not_found`", body = Problem),
        (status = 409, description = "`below_reserved` with `reserved` and `on_hand`, `too_much_stock`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`, `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn adjust_stock(
    State(Inventory { app, .. }): State<Inventory>,
    Staff(who): Staff,
    Path(Sku(sku)): Path<Sku>,
    IdempotentJson { request, body }: IdempotentJson<AdjustStock>,
) -> Result<IdempotentResponse, Problem> {
    let adjustment = Adjustment::try_from(body)?;
    let created = |id, level: &StockLevel| {
        IdempotentResponse::record(
            StatusCode::CREATED,
            &AdjustmentView::new(id, &adjustment, level),
        )
    };
    let response = inventory::adjust(&app.db, who.id, &sku, &adjustment, &request, created).await?;
    Ok(IdempotentResponse::with_location(response, format!("/v1/inventory/{sku}/movements")))
}
