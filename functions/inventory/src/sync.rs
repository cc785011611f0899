use crate::Inventory;
use axum::extract::State;
use axum::http::StatusCode;
use domain::failure::Invalid;
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::inventory::{self, Feed, FeedLine};
use lambda::http::caller::Staff;
use lambda::http::{IdempotentResponse, MaybeIdempotentJson, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Stock counts of a supplier or a warehouse.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"source": "acme", "counts": [{"sku": "MUG-01", "on_hand": 40, "sequence": 12}]}))]
pub(crate) struct SyncCounts {
    /// The supplier or warehouse that counted.
    #[schema(min_length = 1, max_length = 50)]
    source: String,
    #[schema(min_items = 1, max_items = 500)]
    counts: Vec<CountLine>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CountLine {
    #[schema(min_length = 1, max_length = 64)]
    sku: String,
    /// Pieces in stock, including those reserved for orders.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    on_hand: i64,
    /// Increases with each count of a product by this source. A count that is not newer than the last one is ignored.
    #[schema(minimum = 0)]
    sequence: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SyncedView {
    /// The number of accepted counts.
    accepted: usize,
}

impl TryFrom<SyncCounts> for Feed {
    type Error = Invalid;

    fn try_from(body: SyncCounts) -> Result<Self, Invalid> {
        let line = |CountLine { sku, on_hand, sequence }| FeedLine { sku, sequence, on_hand };
        Self::new(&body.source, &body.counts.into_iter().map(line).collect::<Vec<_>>())
    }
}

/// Submit stock counts
///
/// The counts are stored at once and applied through a queue within moments. Submitting a count again changes nothing.
/// A count of an unknown SKU is dropped; submit it again when the product exists. A count lower than the number of
/// reserved pieces is listed as a discrepancy.
#[utoipa::path(
    post,
    path = "/v1/inventory/sync",
    tag = "inventory",
    security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = SyncCounts,
    responses(
        (status = 202, description = "The counts are stored", body = SyncedView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`, `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn sync_counts(
    State(Inventory { app, dispatcher }): State<Inventory>,
    Staff(who): Staff,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<SyncCounts>,
) -> Result<IdempotentResponse, Problem> {
    let (feed, call) = (Feed::try_from(body)?, IdempotentCall { request, respond: accepted });
    let response = inventory::enqueue_feed(&app.db, who.id, &feed, &call).await?;
    dispatcher.try_send(&app.db).await;
    Ok(response.into())
}

fn accepted(feed: &Feed) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::ACCEPTED, &SyncedView { accepted: feed.counts().len() })
}
