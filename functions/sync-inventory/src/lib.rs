//! Applies the stock counts of suppliers, from SQS.

use domain::db::Db;
use domain::inventory::{self, Count, CountMessage, CountOutcome};
use lambda::queue::MessageError;

/// Applies a count once, however often its message arrives.
pub async fn handle(db: &Db, message: CountMessage) -> Result<(), MessageError> {
    // An invalid count is the supplier's mistake. It ends in the dead-letter queue, for staff to look at.
    let count = Count::try_from(message).map_err(|invalid| MessageError::Retry(invalid.into()))?;
    let (source, sequence, sku) = (count.source(), count.sequence(), count.sku());
    match inventory::apply_count(db, &count).await? {
        CountOutcome::Applied { on_hand } => {
            tracing::info!(source, sequence, sku, on_hand, "{sku}: {on_hand} on hand");
        }
        CountOutcome::Discrepancy { reason, on_hand } => {
            let (counted, reason) = (count.on_hand(), reason.name());
            tracing::warn!(
                source,
                sequence,
                sku,
                counted,
                on_hand,
                reason,
                "stock_discrepancy: {source} counts {counted} of {sku}, which does not fit: {reason}"
            );
        }
        CountOutcome::Stale => {
            tracing::info!(
                source,
                sequence,
                sku,
                "{sku}: a newer count than this one of {source} was applied before"
            );
        }
        CountOutcome::Duplicate => {
            tracing::info!(source, sequence, sku, "{sku}: this count of {source} is a duplicate");
        }
    }
    Ok(())
}
