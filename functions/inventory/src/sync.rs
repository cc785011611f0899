use crate::Inventory;
use crate::count_row::CountRow;
use axum::extract::State;
use axum::http::StatusCode;
use domain::failure::Invalid;
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::inventory::{self, Feed, FeedReceipt, FeedRow, RejectedCount};
use lambda::http::caller::Staff;
use lambda::http::{IdempotentResponse, MaybeIdempotentJson, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Stock counts of a supplier or a warehouse.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"source": "acme", "counts": [
    {"sku": "MUG-01", "on_hand": 40, "sequence": 12, "counted_at": "2026-12-01T08:30:00Z"}
]}))]
pub(crate) struct SyncCounts {
    /// The supplier or warehouse that counted.
    #[schema(min_length = 1, max_length = 50)]
    source: String,
    #[schema(min_items = 1, max_items = 500)]
    counts: Vec<CountRow>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SyncedView {
    /// The number of accepted counts. The same row twice is one.
    accepted: usize,
    /// The rows that are not accepted, in their order, each with the reason. Correct them and send them again.
    rejected: Vec<RejectedCount>,
}

impl TryFrom<SyncCounts> for Feed {
    type Error = Invalid;

    fn try_from(body: SyncCounts) -> Result<Self, Invalid> {
        Self::new(&body.source, body.counts.into_iter().map(FeedRow::from).collect())
    }
}

/// Submit stock counts
///
/// The good counts are stored at once and applied through a queue within moments; `rejected` lists the others. If none is
/// good, the response is 422 `no_good_count`. Submitting a count again changes nothing.
///
/// Send `counted_at`. Then the stock on hand becomes what was counted, plus what has moved since by shipments, returns
/// and adjustments, however late the count arrives; and of several counts the one that was taken last stays. A count
/// without it that stock moves after, before it is applied, is not applied; nor is one with it that a correction by hand
/// (reason `correction`) came after, for that may be of what the count shows as well.
///
/// What turns out later is listed as a stock discrepancy: a count lower than the number of reserved pieces, one that is
/// not applied because stock moved or was corrected after it, and one whose product is gone.
///
/// Formerly `/v1/inventory/sync`, which still answers.
#[utoipa::path(
    post,
    path = "/v1/stock-counts",
    tag = "inventory",
    security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = SyncCounts,
    responses(
        (status = 202, description = "The good counts are stored", body = SyncedView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`no_good_count` with `rejected`, `invalid_value`, `idempotency_key_reused`", body = Problem),
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

fn accepted(receipt: &FeedReceipt) -> RecordedResponse {
    let FeedReceipt { accepted, rejected } = receipt.clone();
    IdempotentResponse::record(StatusCode::ACCEPTED, &SyncedView { accepted, rejected })
}
