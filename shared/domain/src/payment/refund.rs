//! Giving money back. The refund is a row before Stripe hears of it, and the row's id is Stripe's idempotency key.

use super::sql;
use super::state::RefundStatus;
use crate::db::{Db, DbError};
use crate::failure::{Failure, Never};
use crate::id::{OrderId, RefundId};
use crate::money::Money;
use crate::ordering::{self, Viewer};

/// A refund that Stripe has to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRefund {
    pub id: RefundId,
    pub order: OrderId,
    /// Stripe's id of the PaymentIntent.
    pub provider: String,
    pub amount: Money,
}

/// Takes refunds on lease that Stripe has not confirmed. Asking again under the same id pays nothing twice.
pub async fn due_refunds(db: &Db, limit: u8) -> Result<Vec<DueRefund>, DbError> {
    sql::lease_refunds(db, limit).await
}

/// Takes down what Stripe said to a refund, under which id of its own.
pub async fn refunded(
    db: &Db,
    refund: &DueRefund,
    provider_refund: &str,
    status: RefundStatus,
) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| {
        ordering::lock(tx, Viewer::Staff, refund.order).await?;
        sql::update_refund(tx, refund.id, provider_refund, status).await?;
        if status.moves_money() {
            sql::enter_refund(tx, refund.order, refund.amount.minor, provider_refund).await?;
            ordering::add_up(tx, refund.order).await?;
        }
        Ok(())
    })
    .await
}
