//! What suppliers counted: from SQS to the shelves.

use domain::db::Db;
use domain::inventory::{self, Count, Counted};
use lambda::queue::Setback;
use serde::Deserialize;

/// `{"v":1,"source":"acme","sequence":12,"sku":"MUG-1","on_hand":40}`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct News {
    #[serde(rename = "v")]
    _version: One,
    source: String,
    sequence: i64,
    sku: String,
    on_hand: i64,
}

/// The version of the form. News of another cannot be read.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u8")]
struct One;

impl TryFrom<u8> for One {
    type Error = String;

    fn try_from(version: u8) -> Result<Self, String> {
        if version == 1 { Ok(Self) } else { Err(format!("version {version} is not known")) }
    }
}

/// Takes one count over, once, however often the queue brings it.
pub async fn handle(db: &Db, news: News) -> Result<(), Setback> {
    let News { source, sequence, sku, on_hand, .. } = news;
    // A count that cannot be is a supplier's mistake: the dead letters keep it for a person to look at.
    let count = Count::new(&source, sequence, &sku, on_hand)
        .map_err(|invalid| Setback::Again(invalid.into()))?;
    match inventory::take_count(db, &count).await? {
        Counted::Taken { on_hand } => {
            tracing::info!(source, sequence, sku, on_hand, "{sku}: {on_hand} on hand");
        }
        Counted::Short { on_hand: promised } => {
            tracing::warn!(
                source,
                sequence,
                sku,
                counted = on_hand,
                promised,
                "stock_discrepancy: {source} counts {on_hand} of {sku}, but {promised} are promised"
            );
        }
        Counted::Stale => {
            tracing::info!(source, sequence, sku, "{source} told us newer things about {sku}");
        }
        Counted::Again => tracing::info!(source, sequence, sku, "told twice"),
    }
    Ok(())
}
