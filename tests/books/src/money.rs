//! Our books beside Stripe's, payment by payment and refund by refund.

use crate::{Books, Error, Found};
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
    "select told from unnest($1::text[]) told except select event_id from stripe_events order by 1";

/// What we say of a payment.
struct Ours {
    payment: String,
    intent: Option<String>,
    order: String,
    status: String,
    captured: i64,
    refunded: i64,
}

pub(crate) async fn look(
    books: &Books<'_>,
    stripe: &StandIn,
    found: &mut Found,
) -> Result<(), Error> {
    // Theirs first: whatever comes in between is news, which we may have.
    let lines = stripe.ledger();
    let taken = stripe.deliveries().into_iter().filter(|it| it.status.is_some_and(is_taken));
    let taken: Vec<_> = taken.map(|delivery| delivery.event).collect();
    for row in books.owner.query(UNKNOWN_EVENTS, &[&taken]).await? {
        let event: String = row.get(0);
        found.lost("I6", format!("event {event} was taken, and is not there"));
    }
    let ours: Vec<_> = books
        .owner
        .query(PAYMENTS, &[])
        .await?
        .iter()
        .map(|row| Ours {
            payment: row.get(0),
            intent: row.get(1),
            order: row.get(2),
            status: row.get(3),
            captured: row.get(4),
            refunded: row.get(5),
        })
        .collect();
    compare(books.is_quiet, &lines, &ours, found);
    given_twice(stripe, found);
    Ok(())
}

fn is_taken(status: u16) -> bool {
    (200..300).contains(&status)
}

fn compare(is_quiet: bool, lines: &[LedgerLine], ours: &[Ours], found: &mut Found) {
    let mut keeps: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for LedgerLine { intent, metadata, received, refunded, .. } in lines {
        let known = ours.iter().find(|ours| ours.intent.as_ref() == Some(intent));
        let meant = || ours.iter().find(|ours| metadata.get("payment_id") == Some(&ours.payment));
        let Some(ours) = known.or_else(meant) else {
            if *received > 0 {
                found.lost("I2", format!("{intent}: {received} were paid, and no order has them"));
            }
            continue;
        };
        let Ours { payment, order, status, .. } = ours;
        if received > refunded {
            keeps.entry(order).or_default().push(intent);
        }
        // What we know of is there. What is there we may not know of yet.
        let (captured, returned) = (ours.captured, ours.refunded);
        let more = captured > *received || returned > *refunded;
        let differ = captured != *received || returned != *refunded;
        if more || (is_quiet && differ) {
            let here = format!("captured {captured}, refunded {returned}");
            let there = format!("{intent} {received} and {refunded}");
            found.lost("I2", format!("{payment} of {order}: {here}; {there}"));
        }
        let is_kept = ["confirmed", "shipped"].contains(&status.as_str());
        if is_quiet && !is_kept && refunded < received {
            found.lost("I2", format!("{order} is {status}, and {refunded} of {received} are back"));
        }
    }
    for (order, intents) in keeps {
        if intents.len() > 1 {
            found.twice("I3", format!("{order} is paid by {}", intents.join(" and by ")));
        }
    }
    let theirs: BTreeSet<_> = lines.iter().map(|line| line.intent.as_str()).collect();
    for Ours { payment, intent, order, captured, .. } in ours {
        if *captured > 0 && intent.as_deref().is_some_and(|intent| !theirs.contains(intent)) {
            found.lost(
                "I2",
                format!("{payment} of {order}: captured {captured}, and not at Stripe"),
            );
        }
    }
}

/// A refund of ours, under whichever keys it was asked for, is one at Stripe.
fn given_twice(stripe: &StandIn, found: &mut Found) {
    let mut given: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    for event in stripe.events() {
        let object = &event["data"]["object"];
        let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        if let ("refund", Some(ours)) =
            (text("object").as_str(), object["metadata"]["refund_id"].as_str())
        {
            let counts = !["failed", "canceled"].contains(&text("status").as_str());
            given.entry(ours.to_owned()).or_default().insert(text("id"), counts);
        }
    }
    for (refund, made) in given {
        let made: Vec<_> =
            made.iter().filter(|(_, counts)| **counts).map(|(id, _)| &**id).collect();
        if made.len() > 1 {
            found.twice("I2", format!("{refund} was given as {}", made.join(" and as ")));
        }
    }
}
