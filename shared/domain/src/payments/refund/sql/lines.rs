//! The statements behind the lines of refunds.

use crate::db::{DbError, Param, Query, Tx, queries};
use crate::id::{OrderId, ProductId, RefundId};
use crate::money::Money;
use crate::payments::refund::RefundLine;
use crate::payments::refund::amount::RefundableLine;
use crate::payments::refund::request::LineRefund;
use crate::pricing::refund::{LinePaid, Paid, RefundPart};
use postgres_types::Json;
use serde::Deserialize;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// The lines of the refund `r`. Those of an earlier release have the price of their pieces, and no share of tax.
macro_rules! refunded {
    () => {
        "(select jsonb_agg(jsonb_build_object(
                           'product', l.product_id, 'quantity', l.quantity, 'restocked', l.restocked,
                           'amount', coalesce(l.amount_minor, l.quantity * sold.unit_minor), 'tax', coalesce(l.tax_minor, 0),
                           'discount', coalesce(l.discount_minor, 0)) order by l.product_id)
                from refund_lines l join order_lines sold on sold.order_id = p.order_id and sold.product_id = l.product_id
                where l.refund_id = r.id)"
    };
}

pub(super) use refunded;

/// A line as [`refunded`] reads it.
#[derive(Deserialize)]
struct RefundedRow {
    product: Uuid,
    quantity: i32,
    restocked: i32,
    amount: i64,
    tax: i64,
    discount: i64,
}

queries! {
    /// The pieces of a failed refund can be refunded again; what it returned to stock stays there.
    REFUNDABLE: "look up the pieces that were not refunded" = "
        select l.product_id, l.quantity, l.line_minor - l.discount_minor + l.tax_minor as paid_minor,
               l.tax_minor + l.tax_included_minor as taxed_minor, l.discount_minor,
               coalesce(back.pieces, 0)::int4 as pieces, coalesce(back.money, 0)::int8 as money,
               coalesce(back.tax, 0)::int8 as tax, coalesce(back.discount, 0)::int8 as discount,
               l.fulfilled, l.shipped, l.removed,
               case o.status when 'shipped' then l.quantity - l.removed else l.shipped end
                   - l.in_returns - coalesce(back.restocked, 0)::int4 as left_outside
        from order_lines l join orders o on o.id = l.order_id
        cross join lateral (
            select sum(rl.quantity) filter (where r.status not in ('failed', 'canceled')) as pieces,
                   sum(coalesce(rl.amount_minor, rl.quantity * l.unit_minor))
                       filter (where r.status not in ('failed', 'canceled')) as money,
                   sum(rl.tax_minor) filter (where r.status not in ('failed', 'canceled')) as tax,
                   sum(rl.discount_minor) filter (where r.status not in ('failed', 'canceled')) as discount,
                   sum(rl.restocked) as restocked
            from refund_lines rl join refunds r on r.id = rl.refund_id join payments p on p.id = r.payment_id
            where p.order_id = l.order_id and rl.product_id = l.product_id
        ) back
        where l.order_id = $1";

    INSERT_LINES: "insert a refund's lines" = "
        insert into refund_lines (refund_id, product_id, quantity, restocked, amount_minor, tax_minor, discount_minor)
        select $1, * from unnest($2::uuid[], $3::int4[], $4::int4[], $5::int8[], $6::int8[], $7::int8[])";
}

pub(crate) async fn refundable_lines(
    tx: &Tx<'_>,
    order: OrderId,
) -> Result<BTreeMap<ProductId, RefundableLine>, DbError> {
    let rows = tx.rows(&REFUNDABLE, &[&order]).await?;
    rows.iter()
        .map(|row| {
            let paid = Paid {
                total: row.get("paid_minor"),
                tax: row.get("taxed_minor"),
                refunded: row.get("money"),
                tax_refunded: row.get("tax"),
            };
            let paid = LinePaid {
                paid,
                quantity: row.get("quantity"),
                pieces_refunded: row.get("pieces"),
                discount: row.get("discount_minor"),
                discount_refunded: row.get("discount"),
            };
            let line = RefundableLine {
                paid,
                fulfilled: row.get("fulfilled"),
                shipped: row.get("shipped"),
                removed: row.get("removed"),
                not_returned: row.get("left_outside"),
            };
            Ok((row.get("product_id"), line))
        })
        .collect()
}

pub(super) async fn insert(
    tx: &Tx<'_>,
    refund: RefundId,
    lines: &[(ProductId, LineRefund, RefundPart)],
) -> Result<(), DbError> {
    let products: Vec<_> = lines.iter().map(|(product, ..)| *product).collect();
    let quantities: Vec<_> = lines.iter().map(|(_, pieces, _)| pieces.quantity).collect();
    let restocked: Vec<_> = lines.iter().map(|(_, pieces, _)| pieces.restock).collect();
    let amounts: Vec<_> = lines.iter().map(|(.., part)| part.amount).collect();
    let taxes: Vec<_> = lines.iter().map(|(.., part)| part.tax).collect();
    let discounts: Vec<_> = lines.iter().map(|(.., part)| part.discount).collect();
    let row: [Param<'_>; 7] =
        [&refund, &products, &quantities, &restocked, &amounts, &taxes, &discounts];
    tx.execute(&INSERT_LINES, &row).await.map(drop)
}

pub(super) fn read(query: &Query, row: &Row) -> Result<Vec<RefundLine>, DbError> {
    let stored: Option<Json<Vec<RefundedRow>>> =
        row.try_get("lines").map_err(|_| DbError::invalid_row(query, "lines"))?;
    let Some(Json(stored)) = stored else { return Ok(Vec::new()) };
    let currency = super::money(query, row, "amount_minor")?.currency;
    let money = |minor| Money { minor, currency };
    let line = |line: RefundedRow| RefundLine {
        product: line.product.into(),
        quantity: line.quantity,
        restocked: line.restocked,
        amount: money(line.amount),
        tax: money(line.tax),
        discount: money(line.discount),
    };
    Ok(stored.into_iter().map(line).collect())
}
