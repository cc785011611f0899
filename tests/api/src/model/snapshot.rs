//! The state of a scenario as text: what the database holds, and what the model expects.

use super::buying::CheckoutStatus;
use super::holder::Holder;
use super::state::{Model, Order, PRODUCTS, RefundState, Status};
use std::fmt::Write as _;

/// Reads the state of some products, orders and checkouts, one line each, and of a discount.
pub(super) const SNAPSHOT: &str = "
    (select format('stock %s %s', on_hand, reserved)
     from unnest($1::uuid[]) with ordinality mine (id, position) join products using (id) order by position)
    union all
    (select format('%s%s%s total %s captured %s refunded %s%s [%s] in parcels %s', o.status,
                   case when o.status = 'pending' and o.cancel_requested_at is not null then ' ending' else '' end,
                   case when o.user_id is null then ' of a guest' else '' end,
                   o.total_minor, o.captured_minor, o.refunded_minor, case when o.on_hold then ' on hold' else '' end,
                   (select string_agg(r.amount_minor || ' ' || r.status, ', ' order by r.amount_minor, r.status)
                    from refunds r join payments p on p.id = r.payment_id where p.order_id = o.id),
                   (select string_agg(l.fulfilled || ' ' || l.shipped || ' ' || l.removed || ' ' || l.in_returns, ', ' order by p.position)
                    from unnest($1::uuid[]) with ordinality p (id, position)
                    join order_lines l on l.product_id = p.id and l.order_id = o.id))
     from unnest($2::uuid[]) with ordinality mine (id, position) join orders o using (id) order by position)
    union all
    (select format('checkout %s%s', c.status,
                   case when coalesce(c.user_id, o.user_id) is null then ' of a guest' else '' end)
     from unnest($3::uuid[]) with ordinality mine (id, position) join checkouts c using (id)
     left join orders o on o.id = c.order_id
     order by position)
    union all
    select format('code used %s', used) from discounts where id = $4";

/// The model's state, as [`SNAPSHOT`] should show it.
pub(super) fn expected(model: &Model) -> String {
    let mut text = String::new();
    for level in &model.stock {
        writeln!(text, "stock {} {}", level.on_hand, level.reserved).unwrap();
    }
    for order in &model.orders {
        writeln!(text, "{}", line(order)).unwrap();
    }
    for checkout in &model.checkouts {
        let status = match checkout.status {
            CheckoutStatus::Open => "open",
            CheckoutStatus::Completed => "completed",
            CheckoutStatus::Cancelled => "cancelled",
        };
        writeln!(text, "checkout {status}{}", guest(checkout.holder)).unwrap();
    }
    writeln!(text, "code used {}", model.uses()).unwrap();
    text
}

fn line(order: &Order) -> String {
    let status = match order.status {
        Status::Pending if order.is_ending => "pending ending",
        Status::Pending => "pending",
        Status::Confirmed => "confirmed",
        Status::Shipped => "shipped",
        Status::Cancelled => "cancelled",
    };
    let mut refunds: Vec<_> = order
        .refunds
        .iter()
        .filter_map(|refund| {
            let status = match refund.known? {
                RefundState::Requested => "requested",
                RefundState::Succeeded => "succeeded",
                RefundState::Failed => "failed",
            };
            Some((refund.amount, status))
        })
        .collect();
    refunds.sort_unstable();
    let refunds: Vec<_> =
        refunds.into_iter().map(|(amount, status)| format!("{amount} {status}")).collect();
    let hold = if order.is_on_hold() { " on hold" } else { "" };
    let (total, captured, refunded) = (order.total(), order.captured(), order.refunded());
    let refunds = refunds.join(", ");
    let guest = guest(order.holder);
    let ordered = (0..PRODUCTS).filter(|product| order.quantities[*product] > 0);
    let parcels: Vec<_> = ordered
        .map(|product| {
            let (fulfilled, shipped) = (order.fulfilled(product), order.shipped(product));
            let (removed, returned) = (order.removed[product], order.in_returns(product));
            format!("{fulfilled} {shipped} {removed} {returned}")
        })
        .collect();
    let parcels = parcels.join(", ");
    format!(
        "{status}{guest} total {total} captured {captured} refunded {refunded}{hold} [{refunds}] in parcels {parcels}"
    )
}

fn guest(holder: Holder) -> &'static str {
    if holder.is_guest() { " of a guest" } else { "" }
}
