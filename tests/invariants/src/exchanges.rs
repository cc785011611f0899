//! Checks of the responses that clients got: stored under their keys, created once, private, and without internals.

use crate::{Audit, AuditReport, Error};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// A request and its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The email address of the user, if the request was authenticated.
    pub user: Option<String>,
    /// Such as `POST /v1/orders`.
    pub call: String,
    /// The idempotency key.
    pub key: Option<String>,
    pub status: u16,
    pub body: Value,
}

/// Exchanges, recorded by the clients.
#[derive(Clone, Debug, Default)]
pub struct ExchangeLog(Arc<Mutex<Vec<Exchange>>>);

impl ExchangeLog {
    pub fn add(&self, exchange: Exchange) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }

    pub fn all(&self) -> Vec<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Text that an error response must not contain.
const INTERNALS: [&str; 9] = [
    "panicked",
    ".rs:",
    "postgres",
    "sqlstate",
    "relation \\\"",
    "syntax error",
    "sk_test_",
    "whsec_",
    "$argon2id$",
];

const STORED: &str = "
    select coalesce(u.email_norm, replace(k.user_id::text, '-', '')), k.key, k.response_status::int4,
           convert_from(k.response_body, 'UTF8')
    from idempotency_keys k left join users u on u.id = k.user_id
    where k.key = any($1) and k.response_status is not null";

const FOREIGN_ORDERS: &str = "
    select format('%s was shown %s of somebody else, by %s', a.who, a.seen, a.call)
    from unnest($1::text[], $2::text[], $3::text[]) as a (who, seen, call)
    join users u on u.email_norm = lower(a.who) and u.role = 'customer'
    join orders o on a.seen = 'ord_' || replace(o.id::text, '-', '') and o.user_id <> u.id
    order by 1";

const ORDERS: &str = "select 'ord_' || replace(id::text, '-', ''), id = any($1::text[]::uuid[]) from orders order by id";

pub(crate) async fn check(
    audit: &Audit<'_>,
    exchanges: &[Exchange],
    report: &mut AuditReport,
) -> Result<(), Error> {
    check_idempotency(audit, exchanges, report).await?;
    if audit.has_all_exchanges {
        check_orders(audit, exchanges, report).await?;
    }
    check_privacy(audit, exchanges, report).await?;
    for exchange in exchanges.iter().filter(|exchange| exchange.status >= 400) {
        if let Some(wrong) = problem_defect(exchange) {
            report.lost(
                "I9",
                format!("{} {}, {wrong}: {}", exchange.call, exchange.status, exchange.body),
            );
        }
    }
    Ok(())
}

/// I5: a successful response under a key is stored, and every replay is equal to it.
async fn check_idempotency(
    audit: &Audit<'_>,
    exchanges: &[Exchange],
    report: &mut AuditReport,
) -> Result<(), Error> {
    let mut responses: BTreeMap<(String, String), &Exchange> = BTreeMap::new();
    for exchange in exchanges.iter().filter(|exchange| exchange.status < 300) {
        let (Some(owner), Some(key)) = (owner(exchange), &exchange.key) else { continue };
        let first = responses.entry((owner, key.clone())).or_insert(exchange);
        if first.body != exchange.body {
            let (first_body, second_body) = (&first.body, &exchange.body);
            report.duplicate(
                "I5",
                format!("{} under {key}: {first_body}, then {second_body}", exchange.call),
            );
        }
    }
    let keys: Vec<_> = responses.keys().map(|(_, key)| key.clone()).collect();
    let stored: BTreeMap<(String, String), (i32, String)> = audit
        .owner
        .query(STORED, &[&keys])
        .await?
        .iter()
        .map(|row| ((row.get(0), row.get(1)), (row.get(2), row.get(3))))
        .collect();
    for (owner_and_key, Exchange { call, status, body, .. }) in responses {
        let key = &owner_and_key.1;
        match stored.get(&owner_and_key) {
            Some((stored, body_text)) => {
                let is_same =
                    serde_json::from_str::<Value>(body_text).is_ok_and(|parsed| parsed == *body);
                if *stored != i32::from(*status) || !is_same {
                    report.lost(
                        "I5",
                        format!("{call} under {key}: {status} {body}, kept {stored} {body_text}"),
                    );
                }
            }
            // Routes that create something store the response; others ignore the key.
            None if *status == 201 => {
                report.lost(
                    "I5",
                    format!("{call} under {key}: {status} {body}, and nothing is kept"),
                );
            }
            None => {}
        }
    }
    Ok(())
}

/// Whose a key is: the user's; that of a guest is of the checkout or the order in the path.
fn owner(Exchange { user, call, .. }: &Exchange) -> Option<String> {
    let of_guest = || call.split('/').nth(3)?.split_once('_').map(|(_, id)| id.to_owned());
    user.as_ref().map(|user| user.to_lowercase()).or_else(of_guest)
}

/// I5: every order has a response, and every order of a response exists.
async fn check_orders(
    audit: &Audit<'_>,
    exchanges: &[Exchange],
    report: &mut AuditReport,
) -> Result<(), Error> {
    let placed = |exchange: &&Exchange| {
        let call = exchange.call.as_str();
        let completes = call.starts_with("POST /v1/checkouts/") && call.ends_with("/complete");
        (call == "POST /v1/orders" || completes) && exchange.status == 201
    };
    let placed: BTreeSet<_> = exchanges
        .iter()
        .filter(placed)
        .filter_map(|exchange| exchange.body["id"].as_str())
        .collect();
    let ids: Vec<_> = placed.iter().map(|id| id.trim_start_matches("ord_")).collect();
    let mut existing = BTreeSet::new();
    for row in audit.owner.query(ORDERS, &[&ids]).await? {
        let order: String = row.get(0);
        if !row.get::<_, bool>(1) {
            report.duplicate("I5", format!("{order} exists, but no response reported it"));
        }
        existing.insert(order);
    }
    for order in placed.into_iter().filter(|order| !existing.contains(*order)) {
        report.lost("I5", format!("{order} was placed, and is not there"));
    }
    Ok(())
}

/// I8: customers see their own orders only, and get 404 for those of others.
async fn check_privacy(
    audit: &Audit<'_>,
    exchanges: &[Exchange],
    report: &mut AuditReport,
) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for Exchange { user, call, status, body, .. } in exchanges {
        if *status == 403 && call.starts_with("GET /v1/orders/") {
            report
                .lost("I8", format!("{call} says 403 to {}", user.as_deref().unwrap_or("nobody")));
        }
        let Some(user) = user else { continue };
        let body = body.to_string();
        for (start, _) in body.match_indices("ord_") {
            let id = body.get(start..start + 36).unwrap_or_default();
            seen.insert((user.as_str(), id.to_owned(), call.as_str()));
        }
    }
    let users: Vec<_> = seen.iter().map(|(user, ..)| *user).collect();
    let orders: Vec<_> = seen.iter().map(|(_, order, _)| order.as_str()).collect();
    let calls: Vec<_> = seen.iter().map(|(.., call)| *call).collect();
    for row in audit.owner.query(FOREIGN_ORDERS, &[&users, &orders, &calls]).await? {
        report.lost("I8", row.get::<_, String>(0));
    }
    Ok(())
}

/// I9: what is wrong with an error response as a problem document. Errors of API Gateway itself are accepted.
fn problem_defect(Exchange { status, body, .. }: &Exchange) -> Option<&'static str> {
    if body.as_object().is_some_and(|body| body.len() == 1 && body.contains_key("message")) {
        return None;
    }
    let is_text = |field: &str| body[field].as_str().is_some_and(|text| !text.is_empty());
    if body["status"] != *status || !["type", "title", "code", "detail"].into_iter().all(is_text) {
        return Some("which is no problem");
    }
    if !is_text("request_id") {
        return Some("without a request id");
    }
    let body_text = body.to_string().to_lowercase();
    INTERNALS.iter().find(|inside| body_text.contains(*inside)).copied()
}
