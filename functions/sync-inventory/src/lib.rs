//! What suppliers counted: from SQS to the shelves.

use domain::db::Db;
use domain::inventory::{self, Count, CountMessage, Counted};
use lambda::queue::Setback;

/// Takes one count over, once, however often the queue brings it.
pub async fn handle(db: &Db, message: CountMessage) -> Result<(), Setback> {
    // A count that cannot be is a supplier's mistake: the dead letters keep it for a person to look at.
    let count = Count::try_from(message).map_err(|invalid| Setback::Again(invalid.into()))?;
    let (source, sequence, sku) = (count.source(), count.sequence(), count.sku());
    match inventory::take_count(db, &count).await? {
        Counted::Taken { on_hand } => {
            tracing::info!(source, sequence, sku, on_hand, "{sku}: {on_hand} on hand");
        }
        Counted::Short { on_hand: promised } => {
            let counted = count.on_hand();
            tracing::warn!(
                source,
                sequence,
                sku,
                counted,
                promised,
                "stock_discrepancy: {source} counts {counted} of {sku}, but {promised} are promised"
            );
        }
        Counted::Stale => {
            tracing::info!(source, sequence, sku, "{source} told us newer things about {sku}");
        }
        Counted::Again => tracing::info!(source, sequence, sku, "told twice"),
    }
    Ok(())
}
