use crate::Inventory;
use crate::level::StockLevelView;
use crate::sku::Sku;
use axum::extract::State;
use axum::http::StatusCode;
use domain::failure::Invalid;
use domain::id::AdjustmentId;
use domain::inventory::{self, Adjustment, Reason, StockLevel};
use lambda::http::token::Staff;
use lambda::http::{Keyed, Path, Problem, Reply};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A change of what is on hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"delta": -2, "reason": "damaged", "note": "dropped when unpacking"}))]
pub(crate) struct AdjustStock {
    /// How many more there are, or fewer. Not zero.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    delta: i64,
    reason: Reason,
    /// One line for those who ask later.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// The adjustment as it was made, and the stock after it.
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

    fn try_from(wish: AdjustStock) -> Result<Self, Invalid> {
        Self::new(wish.delta, wish.reason, wish.note.as_deref())
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

/// Adjust what is on hand
///
/// By a difference, with a reason. Never below what is promised to orders. It stands among the movements, where Location
/// leads. Sent again with the same key, it answers as the first time.
#[utoipa::path(
    post,
    path = "/v1/inventory/{sku}/adjustments",
    tag = "inventory",
    security(("bearer" = [])),
    params(
        ("sku" = String, Path, description = "The product's sku", example = "MUG-01"),
        ("Idempotency-Key" = String, Header, min_length = 16, max_length = 255,
         description = "Chosen by the client, new for each adjustment. Kept for 72 hours."),
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
    Keyed { ticket, wish }: Keyed<AdjustStock>,
) -> Result<Reply, Problem> {
    let adjustment = Adjustment::try_from(wish)?;
    let made = |id, level: &StockLevel| {
        Reply::answer(StatusCode::CREATED, &AdjustmentView::new(id, &adjustment, level))
    };
    let answer = inventory::adjust(&app.db, who.id, &sku, &adjustment, &ticket, made).await?;
    Ok(Reply::seen_at(answer, format!("/v1/inventory/{sku}/movements")))
}
