//! What must be true of every shop at every moment, whatever happened to it.

use crate::Shop;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Each finds the rows that break one promise, and says what is wrong with them.
const PROMISES: [(&str, &str); 10] = [
    (
        "stock: 0 <= reserved <= on_hand",
        "select format('product %s: on_hand %s, reserved %s', id, on_hand, reserved)
         from products where not (0 <= reserved and reserved <= on_hand)",
    ),
    (
        "stock: what is reserved is what open orders hold",
        "select format('product %s: reserved %s, open orders hold %s', p.id, p.reserved, coalesce(held.pieces, 0))
         from products p left join (
             select l.product_id, sum(l.quantity) as pieces
             from order_lines l join orders o on o.id = l.order_id
             where o.status in ('pending', 'confirmed')
             group by l.product_id
         ) held on held.product_id = p.id
         where p.reserved <> coalesce(held.pieces, 0)",
    ),
    (
        "stock: the moves sum to the counts",
        "select format('product %s: on_hand %s, reserved %s, moves %s and %s', p.id, p.on_hand, p.reserved, m.on_hand, m.reserved)
         from products p left join (
             select product_id, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved
             from stock_moves group by product_id
         ) m on m.product_id = p.id
         where p.on_hand <> coalesce(m.on_hand, 0) or p.reserved <> coalesce(m.reserved, 0)",
    ),
    (
        "money: an order's sums are its ledger's",
        "select format('order %s: captured %s, refunded %s, ledger %s and %s', o.id, o.captured_minor, o.refunded_minor, l.captured, l.refunded)
         from orders o cross join lateral (
             select coalesce(sum(amount_minor) filter (where kind = 'captured'), 0) as captured,
                    coalesce(sum(amount_minor) filter (where kind = 'refunded'), 0)
                    - coalesce(sum(amount_minor) filter (where kind = 'refund_failed'), 0) as refunded
             from ledger where order_id = o.id
         ) l
         where o.captured_minor <> l.captured or o.refunded_minor <> l.refunded",
    ),
    (
        "money: what is captured is what payments succeeded with",
        "select format('order %s: captured %s, payments %s', o.id, o.captured_minor, p.paid)
         from orders o cross join lateral (
             select coalesce(sum(amount_minor), 0) as paid from payments
             where order_id = o.id and status = 'succeeded'
         ) p
         where o.captured_minor <> p.paid",
    ),
    (
        "money: refunded is what refunds gave back, and wanted is at most what was captured",
        "select format('order %s: captured %s, refunded %s, refunds gave %s of %s', o.id, o.captured_minor, o.refunded_minor, r.given, r.wanted)
         from orders o cross join lateral (
             select coalesce(sum(r.amount_minor) filter (where r.status <> 'requested'), 0) as given,
                    coalesce(sum(r.amount_minor), 0) as wanted
             from refunds r join payments p on p.id = r.payment_id
             where p.order_id = o.id and r.status not in ('failed', 'canceled')
         ) r
         where o.refunded_minor <> r.given or r.wanted > o.captured_minor",
    ),
    (
        "money: at most one payment of an order can still take money or has it",
        "select format('order %s: payments %s', order_id, string_agg(id || ' ' || status, ', '))
         from payments where status not in ('canceled', 'failed')
         group by order_id having count(*) > 1",
    ),
    (
        "goods: an order is on hold if, and only if, a dispute of it is open or lost",
        "select format('order %s: on hold %s', o.id, o.on_hold)
         from orders o
         where o.on_hold <> exists (
             select from disputes d join payments p on p.id = d.payment_id
             where p.order_id = o.id and d.status not in ('warning_closed', 'prevented', 'won'))",
    ),
    (
        "status: the history is a legal path to where the order is",
        "select format('order %s, version %s: from %s to %s, before it %s, now %s', h.order_id, h.version, h.from_status, h.to_status, h.before, h.now)
         from (
             select h.*, lag(h.to_status) over path as before, o.status as now,
                    row_number() over path as step, count(*) over (partition by h.order_id) as steps
             from order_history h join orders o on o.id = h.order_id
             window path as (partition by h.order_id order by h.version)
         ) h
         where h.before is distinct from h.from_status
            or (step = 1 and h.to_status not in ('pending', 'confirmed'))
            or (step > 1 and (h.from_status, h.to_status) not in (
                   ('pending', 'confirmed'), ('pending', 'cancelled'), ('confirmed', 'shipped'), ('confirmed', 'cancelled')))
            or (step = steps and h.to_status <> h.now)
         union all
         select format('order %s has no history', o.id) from orders o
         where not exists (select 1 from order_history h where h.order_id = o.id)",
    ),
    (
        "status: a confirmed order is paid, a paid one is not left pending",
        "select format('order %s is %s, captured %s of %s', id, status, captured_minor, total_minor)
         from orders
         where (status in ('confirmed', 'shipped') and captured_minor <> total_minor)
            or (status = 'pending' and captured_minor > 0)",
    ),
];

impl Shop {
    /// Looks for rows that break a promise, and names them.
    pub async fn check_invariants(&self) {
        let mut breaches = Vec::new();
        for (promise, sql) in PROMISES {
            for row in self.admin.query(sql, &[]).await.unwrap() {
                breaches.push(format!("{promise}: {}", row.get::<_, String>(0)));
            }
        }
        assert!(breaches.is_empty(), "the shop broke its promises:\n{}", breaches.join("\n"));
    }

    /// Every row of every table as text: what a refused request must leave as it was.
    pub async fn snapshot(&self) -> BTreeMap<String, String> {
        let tables = "select table_name::text from information_schema.tables
                      where table_schema = 'public' and table_type = 'BASE TABLE'";
        let mut rows = BTreeMap::new();
        for table in self.admin.query(tables, &[]).await.unwrap() {
            let table: String = table.get(0);
            let sql = format!(
                "select coalesce(string_agg(t::text, e'\\n' order by t::text), '') from {table} t"
            );
            rows.insert(table, self.one(&sql).await);
        }
        rows
    }

    /// The tables in which a secret can be read, in plain text or as the bytes of it.
    pub async fn tables_with(&self, secret: &str) -> Vec<String> {
        let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        let found = |rows: &str| rows.contains(secret) || rows.contains(&hex);
        let tables = self.snapshot().await.into_iter();
        tables.filter(|(_, rows)| found(rows)).map(|(table, _)| table).collect()
    }
}
