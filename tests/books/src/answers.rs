//! What people were answered: kept, once, theirs alone, and no word about our insides.

use crate::{Books, Error, Found};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// An answer that somebody got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The address of whoever asked, if they were signed in.
    pub who: Option<String>,
    /// Such as `POST /v1/orders`.
    pub call: String,
    /// The idempotency key.
    pub key: Option<String>,
    pub status: u16,
    pub body: Value,
}

/// Answers, written down by whoever gets them.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Vec<Note>>>);

impl Notes {
    pub fn add(&self, note: Note) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    pub fn all(&self) -> Vec<Note> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Nothing of these belongs into an answer that is no success.
const INSIDES: [&str; 9] = [
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

const KEPT: &str = "
    select u.email_norm, k.key, k.response_status::int4, convert_from(k.response_body, 'UTF8')
    from idempotency_keys k join users u on u.id = k.user_id
    where k.key = any($1) and k.response_status is not null";

const FOREIGN: &str = "
    select format('%s was shown %s of somebody else, by %s', a.who, a.seen, a.call)
    from unnest($1::text[], $2::text[], $3::text[]) as a (who, seen, call)
    join users u on u.email_norm = lower(a.who) and u.role = 'customer'
    join orders o on a.seen = 'ord_' || replace(o.id::text, '-', '') and o.user_id <> u.id
    order by 1";

const ORDERS: &str = "select 'ord_' || replace(id::text, '-', ''), id = any($1::text[]::uuid[]) from orders order by id";

pub(crate) async fn look(
    books: &Books<'_>,
    notes: &[Note],
    found: &mut Found,
) -> Result<(), Error> {
    once(books, notes, found).await?;
    if books.are_all_notes {
        answered(books, notes, found).await?;
    }
    private(books, notes, found).await?;
    for note in notes.iter().filter(|note| note.status >= 400) {
        if let Some(wrong) = is_no_problem(note) {
            found.lost("I9", format!("{} {}, {wrong}: {}", note.call, note.status, note.body));
        }
    }
    Ok(())
}

/// I5: a success under a key is kept, and told again in the same words.
async fn once(books: &Books<'_>, notes: &[Note], found: &mut Found) -> Result<(), Error> {
    let mut told: BTreeMap<(String, String), &Note> = BTreeMap::new();
    for note in notes.iter().filter(|note| note.status < 300) {
        let (Some(who), Some(key)) = (&note.who, &note.key) else { continue };
        let first = told.entry((who.to_lowercase(), key.clone())).or_insert(note);
        if first.body != note.body {
            let (one, other) = (&first.body, &note.body);
            found.twice("I5", format!("{} under {key}: {one}, then {other}", note.call));
        }
    }
    let keys: Vec<_> = told.keys().map(|(_, key)| key.clone()).collect();
    let kept: BTreeMap<(String, String), (i32, String)> = books
        .owner
        .query(KEPT, &[&keys])
        .await?
        .iter()
        .map(|row| ((row.get(0), row.get(1)), (row.get(2), row.get(3))))
        .collect();
    for (whose, Note { call, status, body, .. }) in told {
        let key = &whose.1;
        match kept.get(&whose) {
            Some((kept, said)) => {
                let is_same = serde_json::from_str::<Value>(said).is_ok_and(|said| said == *body);
                if *kept != i32::from(*status) || !is_same {
                    found.lost(
                        "I5",
                        format!("{call} under {key}: {status} {body}, kept {kept} {said}"),
                    );
                }
            }
            // Some routes need no key, and take none; those that make something do.
            None if *status == 201 => {
                found.lost(
                    "I5",
                    format!("{call} under {key}: {status} {body}, and nothing is kept"),
                );
            }
            None => {}
        }
    }
    Ok(())
}

/// I5: every order was asked for, and every order that was asked for is there.
async fn answered(books: &Books<'_>, notes: &[Note], found: &mut Found) -> Result<(), Error> {
    let placed = |note: &&Note| note.call == "POST /v1/orders" && note.status == 201;
    let placed: BTreeSet<_> =
        notes.iter().filter(placed).filter_map(|note| note.body["id"].as_str()).collect();
    let ids: Vec<_> = placed.iter().map(|id| id.trim_start_matches("ord_")).collect();
    let mut there = BTreeSet::new();
    for row in books.owner.query(ORDERS, &[&ids]).await? {
        let order: String = row.get(0);
        if !row.get::<_, bool>(1) {
            found.twice("I5", format!("{order} is there, and nobody was told of it"));
        }
        there.insert(order);
    }
    for order in placed.into_iter().filter(|order| !there.contains(*order)) {
        found.lost("I5", format!("{order} was placed, and is not there"));
    }
    Ok(())
}

/// I8: customers see their own orders, and of others not even that there are any.
async fn private(books: &Books<'_>, notes: &[Note], found: &mut Found) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for Note { who, call, status, body, .. } in notes {
        if *status == 403 && call.starts_with("GET /v1/orders/") {
            found.lost("I8", format!("{call} says 403 to {}", who.as_deref().unwrap_or("nobody")));
        }
        let Some(who) = who else { continue };
        let body = body.to_string();
        for (start, _) in body.match_indices("ord_") {
            let id = body.get(start..start + 36).unwrap_or_default();
            seen.insert((who.as_str(), id.to_owned(), call.as_str()));
        }
    }
    let whos: Vec<_> = seen.iter().map(|(who, ..)| *who).collect();
    let orders: Vec<_> = seen.iter().map(|(_, order, _)| order.as_str()).collect();
    let calls: Vec<_> = seen.iter().map(|(.., call)| *call).collect();
    for row in books.owner.query(FOREIGN, &[&whos, &orders, &calls]).await? {
        found.lost("I8", row.get::<_, String>(0));
    }
    Ok(())
}

/// I9: what an answer lacks to be a problem, or has too much. The gateway's own words are not ours.
fn is_no_problem(Note { status, body, .. }: &Note) -> Option<&'static str> {
    if body.as_object().is_some_and(|said| said.len() == 1 && said.contains_key("message")) {
        return None;
    }
    let is_text = |field: &str| body[field].as_str().is_some_and(|text| !text.is_empty());
    if body["status"] != *status || !["type", "title", "code", "detail"].into_iter().all(is_text) {
        return Some("which is no problem");
    }
    if !is_text("request_id") {
        return Some("without a request id");
    }
    let said = body.to_string().to_lowercase();
    INSIDES.iter().find(|inside| said.contains(*inside)).copied()
}
