//! Compares payments and refunds with those at Stripe.

use crate::{Audit, AuditReport, Error};
use stack::stripe::{LedgerLine, StandIn};
use std::collections::{BTreeMap, BTreeSet};

const PAYMENTS: &str = "
    select 'pay_' || replace(p.id::text, '-', ''), p.provider_pi, 'ord_' || replace(o.id::text, '-', ''), o.status,
           case when p.status = 'succeeded' then p.amount_minor else 0 end,
           (select coalesce(sum(amount_minor), 0)::int8 from refunds r
            where r.payment_id = p.id and r.status in ('pending', 'requires_action', 'succeeded'))
    from payments p join orders o on o.id = p.order_id
    where p.provider = 'stripe'
    order by p.id";

const UNKNOWN_EVENTS: &str =
    "select id from unnest($1::text[]) id except select event_id from stripe_events order by 1";

/// A payment in the database.
struct OurPayment {
    payment: String,
    intent: Option<String>,
    order: String,
    status: String,
    captured: i64,
    refunded: i64,
}

pub(crate) async fn check(
    audit: &Audit<'_>,
    stripe: &StandIn,
    report: &mut AuditReport,
) -> Result<(), Error> {
    // Stripe is read first, so that whatever is newer in the database is no breach.
    let lines = stripe.ledger();
    let acknowledged =
        stripe.deliveries().into_iter().filter(|it| it.status.is_some_and(is_success));
    let acknowledged: Vec<_> = acknowledged.map(|delivery| delivery.event).collect();
    for row in audit.owner.query(UNKNOWN_EVENTS, &[&acknowledged]).await? {
        let event: String = row.get(0);
        report.lost("I6", format!("event {event} was taken, and is not there"));
    }
    let ours: Vec<_> = audit
        .owner
        .query(PAYMENTS, &[])
        .await?
        .iter()
        .map(|row| OurPayment {
            payment: row.get(0),
            intent: row.get(1),
            order: row.get(2),
            status: row.get(3),
            captured: row.get(4),
            refunded: row.get(5),
        })
        .collect();
    compare(audit.is_idle, &lines, &ours, report);
    check_refunds(stripe, report);
    Ok(())
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn compare(is_idle: bool, lines: &[LedgerLine], ours: &[OurPayment], report: &mut AuditReport) {
    let mut paid_intents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for LedgerLine { intent, metadata, received, refunded, .. } in lines {
        let by_intent = ours.iter().find(|ours| ours.intent.as_ref() == Some(intent));
        let by_metadata =
            || ours.iter().find(|ours| metadata.get("payment_id") == Some(&ours.payment));
        let Some(ours) = by_intent.or_else(by_metadata) else {
            if *received > 0 {
                report.lost("I2", format!("{intent}: {received} were paid, and no order has them"));
            }
            continue;
        };
        let OurPayment { payment, order, status, .. } = ours;
        if received > refunded {
            paid_intents.entry(order).or_default().push(intent);
        }
        // The database must not be ahead of Stripe. It may be behind, as long as events are in progress.
        let (captured, returned) = (ours.captured, ours.refunded);
        let is_ahead = captured > *received || returned > *refunded;
        let differs = captured != *received || returned != *refunded;
        if is_ahead || (is_idle && differs) {
            let here = format!("captured {captured}, refunded {returned}");
            let there = format!("{intent} {received} and {refunded}");
            report.lost("I2", format!("{payment} of {order}: {here}; {there}"));
        }
        let keeps_money = ["confirmed", "shipped"].contains(&status.as_str());
        if is_idle && !keeps_money && refunded < received {
            report
                .lost("I2", format!("{order} is {status}, and {refunded} of {received} are back"));
        }
    }
    for (order, intents) in paid_intents {
        if intents.len() > 1 {
            report.duplicate("I3", format!("{order} is paid by {}", intents.join(" and by ")));
        }
    }
    let intents_at_stripe: BTreeSet<_> = lines.iter().map(|line| line.intent.as_str()).collect();
    for OurPayment { payment, intent, order, captured, .. } in ours {
        if *captured > 0
            && intent.as_deref().is_some_and(|intent| !intents_at_stripe.contains(intent))
        {
            report.lost(
                "I2",
                format!("{payment} of {order}: captured {captured}, and not at Stripe"),
            );
        }
    }
}

/// Each refund exists at most once at Stripe, whatever keys it was requested with.
fn check_refunds(stripe: &StandIn, report: &mut AuditReport) {
    let mut refunds: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    for event in stripe.events() {
        let object = &event["data"]["object"];
        let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        if let ("refund", Some(ours)) =
            (text("object").as_str(), object["metadata"]["refund_id"].as_str())
        {
            let counts = !["failed", "canceled"].contains(&text("status").as_str());
            refunds.entry(ours.to_owned()).or_default().insert(text("id"), counts);
        }
    }
    for (refund, ids) in refunds {
        let ids: Vec<_> = ids.iter().filter(|(_, counts)| **counts).map(|(id, _)| &**id).collect();
        if ids.len() > 1 {
            report.duplicate("I2", format!("{refund} was given as {}", ids.join(" and as ")));
        }
    }
}
