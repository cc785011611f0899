use crate::Inventory;
use axum::extract::State;
use axum::http::StatusCode;
use domain::failure::Invalid;
use domain::idempotency::{Answer, Once};
use domain::inventory::{self, Feed, FeedLine};
use lambda::http::token::Staff;
use lambda::http::{MaybeKeyed, Problem, Reply};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a supplier or a warehouse counted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"source": "acme", "counts": [{"sku": "MUG-01", "on_hand": 40, "sequence": 12}]}))]
pub(crate) struct SyncCounts {
    /// Who counted.
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
    /// How many there are, those promised to orders included.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    on_hand: i64,
    /// Grows with each count of a product by this source. A count that is not newer than the last changes nothing.
    #[schema(minimum = 0)]
    sequence: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SyncedView {
    /// How many counts are on their way.
    accepted: usize,
}

impl TryFrom<SyncCounts> for Feed {
    type Error = Invalid;

    fn try_from(wish: SyncCounts) -> Result<Self, Invalid> {
        let line = |CountLine { sku, on_hand, sequence }| FeedLine { sku, sequence, on_hand };
        Self::new(&wish.source, &wish.counts.into_iter().map(line).collect::<Vec<_>>())
    }
}

/// Send in counts
///
/// They are kept at once and reach the shelves through a queue within moments. Sent again, they change nothing. A count
/// of a sku that is not known is dropped, and may be sent again when it is; one below what is promised to orders is
/// listed as a discrepancy.
#[utoipa::path(
    post,
    path = "/v1/inventory/sync",
    tag = "inventory",
    security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, new for each request; the same again gets the same answer. Kept for 72 hours."),
    ),
    request_body = SyncCounts,
    responses(
        (status = 202, description = "The counts are kept", body = SyncedView),
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
    State(Inventory { app, dispatch }): State<Inventory>,
    Staff(who): Staff,
    MaybeKeyed { ticket, wish }: MaybeKeyed<SyncCounts>,
) -> Result<Reply, Problem> {
    let (feed, once) = (Feed::try_from(wish)?, Once { ticket, put: kept });
    let answer = inventory::pass_on(&app.db, who.id, &feed, &once).await?;
    dispatch.try_now(&app.db).await;
    Ok(answer.into())
}

fn kept(feed: &Feed) -> Answer {
    Reply::answer(StatusCode::ACCEPTED, &SyncedView { accepted: feed.counts().len() })
}
