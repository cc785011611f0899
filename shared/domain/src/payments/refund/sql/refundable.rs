//! The statement that says how much of payments can be refunded.

use crate::db::{DbError, Tx, queries};
use crate::id::PaymentId;
use crate::payments::refund::amount::RefundablePayment;
use crate::pricing::refund::Paid;
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
    /// With what was paid for its order and its shipping, and what of that went back. Payments that came too late or were one
    /// too many bought nothing, so they have no tax, and their refunds are none of the order.
    REFUNDABLE: "look up what is left of a payment" = concat!("
        select payment.*, o.total_minor, back.*,
               case when of.surplus_at is null and not exists (
                   select from refunds late where late.payment_id = of.id and late.origin = 'late_payment')
               then o.tax_minor + o.tax_included_minor else 0 end as taxed_minor,
               o.shipping_minor - o.shipping_discount_minor + o.shipping_tax_minor as shipping_paid,
               o.shipping_tax_minor + o.shipping_tax_included_minor as shipping_taxed
        from (", select_left!("where p.id = $1"), ") payment
        join payments of on of.id = payment.id
        join orders o on o.id = of.order_id
        cross join lateral (
            select coalesce(sum(r.amount_minor), 0)::int8 as back_minor, coalesce(sum(r.tax_minor), 0)::int8 as back_tax,
                   coalesce(sum(r.shipping_minor), 0)::int8 as back_shipping,
                   coalesce(sum(r.tax_minor - (select coalesce(sum(l.tax_minor), 0) from refund_lines l where l.refund_id = r.id))
                                filter (where r.shipping_minor > 0), 0)::int8 as back_shipping_tax
            from refunds r join payments p on p.id = r.payment_id
            where p.order_id = o.id and p.surplus_at is null and r.origin <> 'late_payment'
              and r.status not in ('failed', 'canceled')
        ) back");
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
    let is_offline = row.get::<_, &str>("provider") == "offline";
    let paid = |total, taxed, back, tax_back| Paid {
        total: row.get(total),
        tax: row.get(taxed),
        refunded: row.get(back),
        tax_refunded: row.get(tax_back),
    };
    let order = paid("total_minor", "taxed_minor", "back_minor", "back_tax");
    let shipping = paid("shipping_paid", "shipping_taxed", "back_shipping", "back_shipping_tax");
    Ok(Some(RefundablePayment { status, left, is_disputed, is_offline, order, shipping }))
}
