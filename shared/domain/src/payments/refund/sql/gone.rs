//! Refunds that Stripe does not have, although it once named them.

use crate::db::{Db, DbError, Tx, queries};
use crate::id::{OrderId, RefundId, UserId};
use crate::payments::refund::{GONE, RefundAtStripe};

queries! {
    /// Offline refunds are final from the beginning.
    UNDECIDED: "look up a refund that Stripe decides" = "
        select r.provider_refund, p.provider_pi
        from refunds r join payments p on p.id = r.payment_id
        where r.id = $1 and r.status in ('pending', 'requires_action') and p.provider_pi is not null";

    ORDER_OF_REFUND: "find the order of a refund" = "
        select p.order_id from refunds r join payments p on p.id = r.payment_id where r.id = $1";

    /// As if Stripe had never told of it: should Stripe do so again, that counts.
    GIVE_UP: "give up a refund that Stripe does not have" = "
        update refunds
        set status = 'failed', provider_code = $3, told_at = null, pending_reason = null, given_up_by = $2,
            updated_at = now()
        where id = $1 and status in ('pending', 'requires_action')
        returning provider_refund";
}

pub(in crate::payments::refund) async fn undecided(
    db: &Db,
    id: RefundId,
) -> Result<Option<RefundAtStripe>, DbError> {
    let row = db.row(&UNDECIDED, &[&id]).await?;
    Ok(row.map(|row| RefundAtStripe {
        id,
        provider: row.get("provider_refund"),
        intent: row.get("provider_pi"),
    }))
}

pub(crate) async fn order_of_refund(tx: &Tx<'_>, id: RefundId) -> Result<Option<OrderId>, DbError> {
    Ok(tx.row(&ORDER_OF_REFUND, &[&id]).await?.map(|row| row.get("order_id")))
}

/// Stripe's id of the refund if it is given up now; none if it was final before.
pub(crate) async fn give_up(
    tx: &Tx<'_>,
    id: RefundId,
    staff: UserId,
) -> Result<Option<String>, DbError> {
    let row = tx.row(&GIVE_UP, &[&id, &staff, &GONE]).await?;
    Ok(row.map(|row| row.get("provider_refund")))
}
