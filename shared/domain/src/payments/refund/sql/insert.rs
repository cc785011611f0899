//! The statement that inserts a refund which is requested here.

use super::lines;
use crate::db::{DbError, Param, Tx, queries};
use crate::id::{PaymentId, RefundId};
use crate::payments::refund::amount::PricedRefund;
use crate::payments::refund::request::RefundRequest;
use crate::payments::refund::state::RefundStatus;

queries! {
    INSERT: "insert a refund" = "
        insert into refunds (id, payment_id, amount_minor, shipping_minor, tax_minor, status, provider_refund, origin, reason,
                             return_id, requested_by)
        values ($1, $2, $3, $4, $5, $6, $7, 'api', $8, $9, acting_user())";
}

/// One that Stripe has nothing to do for has succeeded.
pub(crate) async fn insert(
    tx: &Tx<'_>,
    id: RefundId,
    payment: PaymentId,
    priced: &PricedRefund,
    wanted: &RefundRequest,
    is_for_stripe: bool,
) -> Result<(), DbError> {
    let PricedRefund { amount, shipping, tax, lines } = priced;
    // Stripe does not know the others, so their own id stands for Stripe's.
    let provider = (!is_for_stripe).then(|| id.to_string());
    let status = if is_for_stripe { RefundStatus::Requested } else { RefundStatus::Succeeded };
    let (amount, shipping, tax) = (amount.minor, shipping.minor, tax.minor);
    let status = status.name();
    let RefundRequest { reason, of_return, .. } = wanted;
    let row: [Param<'_>; 9] =
        [&id, &payment, &amount, &shipping, &tax, &status, &provider, reason, of_return];
    tx.execute(&INSERT, &row).await?;
    if !lines.is_empty() {
        lines::insert(tx, id, lines).await?;
    }
    Ok(())
}
