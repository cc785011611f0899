use crate::sku::Sku;
use axum::extract::State;
use axum::http::Uri;
use domain::db::Db;
use domain::id::UserId;
use domain::inventory::{self, Movement, Reason};
use domain::page::PageRequest;
use lambda::http::caller::Staff;
use lambda::http::{List, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListMovements {
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// A change of a product's stock. The deltas of all its movements add up to its counts.
#[derive(Serialize, ToSchema)]
pub(crate) struct MovementView {
    on_hand_delta: i32,
    reserved_delta: i32,
    /// What caused the change, by type.
    #[schema(example = "adjustment")]
    source: String,
    /// The id of what caused it: an order, an adjustment, a sequence number.
    #[schema(example = "adj_0193f2a7c1d87b3e9a5f4c2d1e0b9a87")]
    source_id: String,
    /// The reason given for an adjustment.
    #[schema(required)]
    reason: Option<Reason>,
    #[schema(required)]
    note: Option<String>,
    /// The user who made the adjustment.
    #[schema(required)]
    actor: Option<UserId>,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

impl From<Movement> for MovementView {
    fn from(movement: Movement) -> Self {
        let Movement {
            on_hand_delta,
            reserved_delta,
            source,
            source_id,
            reason,
            note,
            actor,
            at,
            ..
        } = movement;
        Self { on_hand_delta, reserved_delta, source, source_id, reason, note, actor, at }
    }
}

/// List stock movements of a product
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/inventory/{sku}/movements",
    tag = "inventory",
    security(("bearer" = [])),
    params(
        ("sku" = String, Path, description = "The product's SKU, or its id, which finds archived products as well", example = "MUG-01"),
        ListMovements,
    ),
    responses(
        (status = 200, description = "A page of movements", body = List<MovementView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`unknown_sku`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_movements(
    State(db): State<Db>,
    _: Staff,
    uri: Uri,
    Path(Sku(sku)): Path<Sku>,
    Query(ListMovements { limit, cursor }): Query<ListMovements>,
) -> Result<List<MovementView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let movements = inventory::movements(&db, &sku, &page).await?;
    Ok(List::new(&uri, movements, MovementView::from))
}
