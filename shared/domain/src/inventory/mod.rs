//! How many pieces lie on the shelf, and how many of them are promised to customers.
//!
//! Every change of a count writes a row into `stock_moves`; the rows sum to the counts. That a product runs low is
//! noticed by a trigger on the counts (`notice_low_stock`), whoever changes them.

mod adjustment;
mod count;
mod feed;
mod level;
mod refusal;
mod sql;

pub use adjustment::{Adjustment, Reason, Threshold};
pub use count::{Count, CountMessage, Counted};
pub use feed::{Feed, FeedLine};
pub use level::{Discrepancy, Movement, StockFilter, StockLevel};
pub use refusal::Refusal;
pub(crate) use sql::lists::ALL as ALL_LISTS;
pub(crate) use sql::{ALL as ALL_QUERIES, Shelf, record_first, release, reserve, ship, take_back};

use crate::db::Db;
use crate::failure::Failure;
use crate::id::{AdjustmentId, UserId};
use crate::idempotency::{self, Answer, Once, Ticket, Turn};
use crate::inbox;
use crate::outbox::{self, Topic};
use crate::page::{Mark, Page, Slice};
use count::settle;
use sql::lists;

/// Takes over what a supplier counted. News that come twice, or too late, change nothing.
pub async fn take_count(db: &Db, count: &Count) -> Result<Counted, Failure<Refusal>> {
    db.transaction(async |tx| {
        if !inbox::is_first(tx, "sync-inventory", &count.key()).await? {
            return Ok(Counted::Again);
        }
        let stock = sql::lock_stock(tx, count.sku()).await?;
        let stock = stock.ok_or_else(|| Refusal::UnknownSku(count.sku().to_owned()))?;
        if !sql::is_news(tx, &stock, count).await? {
            return Ok(Counted::Stale);
        }
        let counted = settle(&stock, count);
        if let Counted::Short { .. } = counted {
            sql::note_discrepancy(tx, &stock, count).await?;
        }
        sql::set_on_hand(tx, &stock, count, counted).await?;
        Ok(counted)
    })
    .await
}

/// Sends every count of a feed on its way through the queue. Sent again, those that were taken change nothing.
pub async fn pass_on(
    db: &Db,
    staff: UserId,
    feed: &Feed,
    once: &Once<Feed>,
) -> Result<Answer, Failure<Refusal>> {
    let message = |count: &Count| (format!("count:{}", count.key()), CountMessage::from(count));
    let mut messages: Vec<_> = feed.counts().iter().map(message).collect();
    messages.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (keys, messages): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
    once.transaction(db, staff, async |tx| {
        outbox::enqueue_all(tx, Topic::Inventory, &keys, &messages).await?;
        Ok(feed.clone())
    })
    .await
}

/// Changes what is on hand by hand, once per ticket; never below what is promised.
pub async fn adjust(
    db: &Db,
    who: UserId,
    sku: &str,
    adjustment: &Adjustment,
    ticket: &Ticket,
    put: impl Fn(AdjustmentId, &StockLevel) -> Answer,
) -> Result<Answer, Failure<Refusal>> {
    let id = AdjustmentId::generate();
    db.transaction(async |tx| {
        let work = async || {
            let stock = sql::lock_stock(tx, sku).await?;
            let stock = stock.ok_or_else(|| Refusal::UnknownSku(sku.to_owned()))?;
            let on_hand = adjustment.of(&stock)?;
            Ok(sql::adjust(tx, &stock, on_hand, id, who, adjustment).await?)
        };
        idempotency::once(tx, who, ticket, Turn::OfKey, work, |level| put(id, level)).await
    })
    .await
}

/// Says from when on staff want to hear that a product runs low; `None` for never.
pub async fn set_threshold(
    db: &Db,
    sku: &str,
    threshold: Option<Threshold>,
) -> Result<StockLevel, Failure<Refusal>> {
    let level = sql::set_threshold(db, sku, threshold).await?;
    Ok(level.ok_or_else(|| Refusal::UnknownSku(sku.to_owned()))?)
}

/// How much there is of the product that has this sku.
pub async fn show(db: &Db, sku: &str) -> Result<StockLevel, Failure<Refusal>> {
    Ok(lists::level(db, sku).await?.ok_or_else(|| Refusal::UnknownSku(sku.to_owned()))?)
}

/// One page of the products that are not archived, by sku.
pub async fn list(
    db: &Db,
    filter: &StockFilter,
    page: &Page<Mark>,
) -> Result<Slice<StockLevel>, Failure<Refusal>> {
    let levels = lists::levels(db, filter, page).await?;
    Ok(page.cut(levels, |level| Mark(level.sku.clone())))
}

/// One page of a product's ledger, the newest first.
pub async fn movements(
    db: &Db,
    sku: &str,
    page: &Page<i64>,
) -> Result<Slice<Movement>, Failure<Refusal>> {
    let product = show(db, sku).await?.product;
    let movements = lists::movements(db, product, page).await?;
    Ok(page.cut(movements, |movement| movement.number))
}

/// One page of the counts that fell short of what is promised, the newest first.
pub async fn discrepancies(
    db: &Db,
    page: &Page<i64>,
) -> Result<Slice<Discrepancy>, Failure<Refusal>> {
    let discrepancies = lists::discrepancies(db, page).await?;
    Ok(page.cut(discrepancies, |discrepancy| discrepancy.number))
}
