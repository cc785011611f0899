//! The statement that says how much of payments can be refunded.

use crate::db::{DbError, Tx, queries};
use crate::id::PaymentId;
use crate::payments::refund::request::RefundablePayment;
use crate::status::PaymentIntentStatus as Status;

/// What is left of payments. Requested refunds count as refunded. Banks take or took what is disputed, in another
/// currency perhaps all of it; inquiries take nothing.
macro_rules! select_left {
    ($rest:literal) => {
        concat!(
            "
        select p.id, p.provider, p.status, p.currency,
               greatest(p.amount_minor - refunded.minor - disputed.minor, 0)::bigint as left_minor,
               p.amount_minor > refunded.minor and disputed.minor > 0 as is_disputed
        from payments p
        cross join lateral (
            select coalesce(sum(r.amount_minor), 0) as minor from refunds r
            where r.payment_id = p.id and r.status not in ('failed', 'canceled')) refunded
        cross join lateral (
            select coalesce(sum(case when d.currency = p.currency then d.amount_minor else p.amount_minor end), 0) as minor
            from disputes d
            where d.payment_id = p.id and d.status not in ('prevented', 'won') and not starts_with(d.status, 'warning_')
        ) disputed ",
            $rest
        )
    };
}

pub(crate) use select_left;

queries! {
    REFUNDABLE: "look up what is left of a payment" =
        select_left!("where p.id = $1 and p.provider = 'stripe'");
}

pub(crate) async fn refundable(
    tx: &Tx<'_>,
    payment: PaymentId,
) -> Result<Option<RefundablePayment>, DbError> {
    let Some(row) = tx.row(&REFUNDABLE, &[&payment]).await? else { return Ok(None) };
    let status =
        Status::from_name(row.get("status")).ok_or(DbError::invalid_row(&REFUNDABLE, "status"))?;
    let (left, is_disputed) =
        (super::money(&REFUNDABLE, &row, "left_minor")?, row.get("is_disputed"));
    Ok(Some(RefundablePayment { status, left, is_disputed }))
}
