//! The books of the shop beside those of the stand-in, and the mails.

use super::{Day, Failed, Soak, expect};
use stack::stripe::LedgerLine;
use std::collections::BTreeMap;

/// Of each payment at the stand-in, what its order says.
const ORDERS: &str = "
    select p.provider_pi, o.id::text, o.status, o.captured_minor, o.refunded_minor
    from payments p join orders o on o.id = p.order_id
    where p.provider_pi is not null";

/// Orders that are paid or over, and whose mail about it never went.
const UNTOLD: &str = "
    select format('%s: the mail %s is %s', m.id, m.dedupe_key, coalesce(e.status, 'unknown'))
    from outbox m left join emails e using (dedupe_key)
    where m.dedupe_key ~ '^(order_confirmed|order_cancelled|order_shipped|refund_issued):'
      and e.status is distinct from 'sent'";

const UNCONFIRMED: &str = "
    select format('%s is %s, and nobody was told', id, status)
    from orders o
    where status in ('confirmed', 'shipped')
      and not exists (select from outbox where dedupe_key = 'order_confirmed:ord_' || replace(o.id::text, '-', ''))";

const MAILS: &str = "
    select count(*) filter (where status = 'sent'), coalesce(sum(attempts), 0)::int8 - count(*) filter (where attempts > 0)
    from emails";

pub(super) async fn compare(soak: &Soak<'_>) -> Result<Day, Failed> {
    let (mut lost, mut twice) = (Vec::new(), Vec::new());
    let books = expect("the invariants", 200, soak.admin.get("/v1/ops/invariants").await?)?;
    for breach in books["breaches"].as_array().into_iter().flatten() {
        lost.push(format!("a promise: {breach}"));
    }
    let orders = soak.database.query(ORDERS, &[]).await?;
    let orders: BTreeMap<String, _> = orders.iter().map(|row| (row.get(0), row)).collect();
    let mut paid = BTreeMap::new();
    for line in soak.shop.stripe.iter().flat_map(stack::stripe::StandIn::ledger) {
        let LedgerLine { intent, received, refunded, .. } = &line;
        let Some(row) = orders.get(intent) else {
            if *received > 0 {
                lost.push(format!("{intent}: {received} paid, and no order has it"));
            }
            continue;
        };
        let (order, status): (&str, &str) = (row.get(1), row.get(2));
        let (captured, given_back): (i64, i64) = (row.get(3), row.get(4));
        if *received == 0 {
            continue;
        }
        if let Some(other) = paid.insert(order.to_owned(), intent.clone()) {
            twice.push(format!("order {order} is paid by {other} and by {intent}"));
        }
        if captured != *received || given_back != *refunded {
            let ours = format!("captured {captured}, refunded {given_back}");
            lost.push(format!("order {order}: {ours}; {intent} {received} and {refunded}"));
        }
        if refunded > received {
            twice.push(format!("order {order}: {refunded} of {received} given back"));
        }
        let is_kept = ["confirmed", "shipped"].contains(&status);
        if !is_kept && refunded < received {
            lost.push(format!("order {order} is {status}, and {refunded} of {received} are back"));
        }
    }
    for statement in [UNTOLD, UNCONFIRMED] {
        let rows = soak.database.query(statement, &[]).await?;
        lost.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
    let mails_again = mails(soak, &mut lost, &mut twice).await?;
    let done = soak.tally.all();
    let placed = done.get("orders").copied().unwrap_or_default();
    let row = soak.database.query_one("select count(*) from orders", &[]).await?;
    let kept = u64::try_from(row.get::<_, i64>(0)).unwrap_or_default();
    match kept.cmp(&placed) {
        std::cmp::Ordering::Less => {
            lost.push(format!("{placed} orders were placed, {kept} are there"));
        }
        std::cmp::Ordering::Greater => {
            twice.push(format!("{placed} orders were placed, {kept} are there"));
        }
        std::cmp::Ordering::Equal => {}
    }
    Ok(Day { done, lost, twice, mails_again })
}

/// How many mails went out again, each because somebody had to claim it again.
async fn mails(
    soak: &Soak<'_>,
    lost: &mut Vec<String>,
    twice: &mut Vec<String>,
) -> Result<usize, Failed> {
    let row = soak.database.query_one(MAILS, &[]).await?;
    let count = |column| usize::try_from(row.get::<_, i64>(column)).unwrap_or_default();
    let (noted, claimed_again) = (count(0), count(1));
    let sent = soak.shop.aws().mails().await?.len();
    if sent < noted {
        lost.push(format!("{noted} mails are noted as sent, {sent} were"));
    }
    let again = sent.saturating_sub(noted);
    if again > claimed_again {
        twice
            .push(format!("{again} mails more than noted, and {claimed_again} were claimed again"));
    }
    Ok(again)
}
