//! Stock: quantities on hand and reserved, reservations of orders, adjustments, counts of suppliers.
//!
//! Every change of a quantity inserts a row into `stock_moves`; the rows of a product sum to its quantities. A trigger
//! (`notice_low_stock`) detects low stock, whatever changes the quantities.

mod adjustment;
mod count;
mod feed;
mod level;
mod outcome;
mod refusal;
mod sql;

pub use adjustment::{Adjustment, Reason, Threshold};
pub use count::{Count, CountMessage};
pub use feed::{Feed, FeedLine, FeedReceipt, FeedRow, RejectedCount};
pub use level::{Discrepancy, DiscrepancyReason, Movement, StockFilter, StockLevel};
pub use outcome::CountOutcome;
pub use refusal::Refusal;
pub(crate) use sql::counts::ALL as ALL_COUNTS;
pub(crate) use sql::exchange::{ALL as EXCHANGE_QUERIES, exchange};
pub(crate) use sql::goods::{ALL as GOODS_QUERIES, receive, restock, ship};
pub(crate) use sql::lists::ALL as ALL_LISTS;
pub(crate) use sql::{
    ALL as ALL_QUERIES, Reserved, ReservedLine, record_initial_stock, release, release_pieces,
    reserve,
};

use crate::db::Db;
use crate::failure::Failure;
use crate::id::{AdjustmentId, UserId};
use crate::idempotency::{self, IdempotentCall, IdempotentRequest, RecordedResponse};
use crate::inbox;
use crate::outbox::{self, Topic};
use crate::page::{Page, PageRequest, TextKey};
use outcome::evaluate;
use sql::{counts, lists};

/// Applies a count of a supplier. A duplicate, or a count older than the last one, changes nothing.
pub async fn apply_count(db: &Db, count: &Count) -> Result<CountOutcome, Failure<Refusal>> {
    let outcome = db.transaction(async |tx| {
        if !inbox::insert_if_new(tx, "sync-inventory", &count.key()).await? {
            return Ok(CountOutcome::Duplicate);
        }
        let stock = sql::lock_stock(tx, count.sku()).await?;
        let stock = stock.ok_or_else(|| Refusal::UnknownSku(count.sku().to_owned()))?;
        let history = counts::look_up_history(tx, &stock, count).await?;
        let outcome = evaluate(&stock, count, &history);
        if let Some(reason) = outcome.discrepancy() {
            counts::insert_discrepancy(tx, &stock, count, reason).await?;
        }
        if let Some(on_hand) = outcome.on_hand() {
            counts::set_on_hand(tx, &stock, count, on_hand).await?;
        }
        let taken_at = history.taken_at.filter(|_| outcome.on_hand().is_some());
        counts::advance_sequence(tx, &stock, count, taken_at).await?;
        Ok(outcome)
    });
    match outcome.await {
        // The inbox has no row then, so that the count can be sent again for a new product.
        Err(Failure::Refused(Refusal::UnknownSku(_))) => {
            let is_new = counts::insert_unknown(db, count).await?;
            let reason = DiscrepancyReason::UnknownSku;
            let unknown = CountOutcome::Discrepancy { reason, on_hand: 0 };
            Ok(if is_new { unknown } else { CountOutcome::Duplicate })
        }
        outcome => outcome,
    }
}

/// Enqueues the good counts of a feed in the outbox, and says what is wrong with the others. Refused if none is good.
/// Counts that were enqueued before do not change stock again.
pub async fn enqueue_feed(
    db: &Db,
    staff: UserId,
    feed: &Feed,
    call: &IdempotentCall<FeedReceipt>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let known = counts::look_up_feed(tx, feed.source(), feed.counts()).await?;
        let (good, rejected) = feed.sort_out(&known);
        if good.is_empty() {
            return Err(Refusal::NoGoodCount(rejected).into());
        }
        let message = |count: &&Count| (count.outbox_key(), CountMessage::from(*count));
        let mut messages: Vec<_> = good.iter().map(message).collect();
        messages.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (keys, messages): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
        outbox::enqueue_all(tx, Topic::Inventory, &keys, &messages).await?;
        Ok(FeedReceipt { accepted: good.len(), rejected })
    })
    .await
}

/// Adjusts the quantity on hand of a product, by its SKU or its id, once per idempotency key. Refused if it would fall below the reserved quantity.
pub async fn adjust(
    db: &Db,
    who: UserId,
    sku: &str,
    adjustment: &Adjustment,
    request: &IdempotentRequest,
    respond: impl Fn(AdjustmentId, &StockLevel) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<Refusal>> {
    let id = AdjustmentId::generate();
    db.transaction(async |tx| {
        let work = async || {
            let stock = sql::lock_stock_of(tx, sku).await?;
            let stock = stock.ok_or_else(|| Refusal::UnknownSku(sku.to_owned()))?;
            let on_hand = adjustment.apply_to(&stock)?;
            tx.act_as_staff(who);
            Ok(sql::adjust(tx, &stock, on_hand, id, who, adjustment).await?)
        };
        idempotency::once(tx, who, request, work, |level| respond(id, level)).await
    })
    .await
}

/// Sets the quantity at which stock is low; `None` stops watching it.
pub async fn set_threshold(
    db: &Db,
    staff: UserId,
    sku: &str,
    threshold: Option<Threshold>,
) -> Result<StockLevel, Failure<Refusal>> {
    let level = sql::set_threshold(db, staff, sku, threshold).await?;
    Ok(level.ok_or_else(|| Refusal::UnknownSku(sku.to_owned()))?)
}

/// The stock of the product with this SKU, or with this id, which finds archived products as well.
pub async fn show(db: &Db, sku: &str) -> Result<StockLevel, Failure<Refusal>> {
    Ok(lists::level(db, sku).await?.ok_or_else(|| Refusal::UnknownSku(sku.to_owned()))?)
}

/// One page of the stock of all products that are not archived, sorted by SKU.
pub async fn list(
    db: &Db,
    filter: &StockFilter,
    page: &PageRequest<TextKey>,
) -> Result<Page<StockLevel>, Failure<Refusal>> {
    let levels = lists::levels(db, filter, page).await?;
    Ok(page.paginate(levels, |level| TextKey(level.sku.clone())))
}

/// One page of the stock movements of a product, newest first.
pub async fn movements(
    db: &Db,
    sku: &str,
    page: &PageRequest<i64>,
) -> Result<Page<Movement>, Failure<Refusal>> {
    let product = show(db, sku).await?.product;
    let movements = lists::movements(db, product, page).await?;
    Ok(page.paginate(movements, |movement| movement.number))
}

/// One page of the discrepancies, newest first.
pub async fn discrepancies(
    db: &Db,
    page: &PageRequest<i64>,
) -> Result<Page<Discrepancy>, Failure<Refusal>> {
    let discrepancies = lists::discrepancies(db, page).await?;
    Ok(page.paginate(discrepancies, |discrepancy| discrepancy.number))
}
