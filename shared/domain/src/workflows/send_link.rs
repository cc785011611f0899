//! Sends a guest the link of an order again.

use crate::accounts::{self, Visitor};
use crate::db::Db;
use crate::failure::{Failure, Never};
use crate::guests;
use crate::id::OrderId;
use crate::outbox::{self, Event};

/// Sends the link of a guest's order to its address: one an hour to an address, five an hour for whoever asks. The result is
/// the same whether there is such an order or not.
pub async fn send_order_link(
    db: &Db,
    visitor: &Visitor,
    order: OrderId,
) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| {
        let found = guests::linkable(tx, order).await?;
        let address = found.as_ref().map(|(address, _)| address.as_str());
        let may_send = accounts::may_send_order_link(tx, visitor, address).await?;
        if let Some((_, hour)) = found.filter(|_| may_send) {
            outbox::enqueue(tx, Event::OrderLinkAsked { order, hour });
        }
        Ok(())
    })
    .await
}
