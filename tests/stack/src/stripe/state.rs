//! Everything the stand-in knows, under one lock; the rules live in the files of their objects.

use super::{
    Refused,
    api::Called,
    charges::Charge,
    delivery::Post,
    disputes::Dispute,
    faults::Script,
    form::{Form, Metadata},
    idempotency::Keys,
    intents::{Intent, Status},
    refunds::Refund,
    sessions::Session,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) struct State {
    pub(super) base: String,
    pub(super) intents: Shelf<Intent>,
    pub(super) charges: Shelf<Charge>,
    pub(super) refunds: Shelf<Refund>,
    pub(super) sessions: Shelf<Session>,
    pub(super) disputes: Shelf<Dispute>,
    pub(super) events: Shelf<Value>,
    pub(super) keys: Keys,
    pub(super) script: Script,
    pub(super) post: Post,
    pub(super) calls: Vec<Called>,
    /// None: any test key opens.
    pub(super) only_secret: Option<String>,
    /// The call that is being answered: its request id and its key.
    pub(super) cause: (Option<String>, Option<String>),
}

/// One payment as the money sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// The id of the payment intent.
    pub intent: String,
    /// What the shop wrote on it.
    pub metadata: Metadata,
    /// Three lower-case letters.
    pub currency: String,
    /// What was asked for, in minor units.
    pub amount: i64,
    /// What was paid.
    pub received: i64,
    /// What went back or is on its way back.
    pub refunded: i64,
    /// Where the payment stands.
    pub status: Status,
}

impl State {
    pub(super) fn new(base: String, post: Post) -> Self {
        Self {
            base,
            intents: Shelf::default(),
            charges: Shelf::default(),
            refunds: Shelf::default(),
            sessions: Shelf::default(),
            disputes: Shelf::default(),
            events: Shelf::default(),
            keys: Keys::default(),
            script: Script::default(),
            post,
            calls: Vec::new(),
            only_secret: None,
            cause: (None, None),
        }
    }

    pub(super) fn ledger(&self) -> Vec<LedgerLine> {
        let line = |intent: &Intent| LedgerLine {
            intent: intent.id.clone(),
            metadata: intent.metadata.clone(),
            currency: intent.currency.clone(),
            amount: intent.amount,
            received: intent.amount_received,
            refunded: self
                .refunds
                .iter()
                .filter(|refund| refund.intent == intent.id && refund.status.counts())
                .map(|refund| refund.amount)
                .sum(),
            status: intent.status,
        };
        self.intents.iter().map(line).collect()
    }

    /// Any object by its id, for `expand`.
    pub(super) fn object(&self, id: &str) -> Option<Value> {
        match id.split('_').next()? {
            "pi" => self.intents.get(id).map(Intent::json),
            "ch" => self.charges.get(id).map(Charge::json),
            "re" => self.refunds.get(id).map(Refund::json),
            "dp" => self.disputes.get(id).map(Dispute::json),
            "cs" => self.sessions.get(id).map(|session| session.json(&self.base)),
            _ => None,
        }
    }
}

/// Objects by id, in the order of their creation.
pub(super) struct Shelf<T> {
    places: HashMap<String, usize>,
    items: Vec<T>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { places: HashMap::new(), items: Vec::new() }
    }
}

impl<T> Shelf<T> {
    pub(super) fn put(&mut self, id: &str, item: T) {
        self.places.insert(id.to_owned(), self.items.len());
        self.items.push(item);
    }

    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.items.get(*self.places.get(id)?)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.items.get_mut(*self.places.get(id)?)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter()
    }
}

pub(super) fn new_id(prefix: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{prefix}_{}", &random[..24])
}

#[expect(clippy::disallowed_methods, reason = "Stripe has its own clock")]
pub(super) fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// One page of a list, newest first, as `limit`, `starting_after`, `ending_before` and `created` ask.
pub(super) fn page(
    url: &str,
    oldest_first: impl DoubleEndedIterator<Item = Value>,
    form: &Form,
) -> Result<Value, Refused> {
    let limit = form.integer("limit")?.unwrap_or(10);
    let limit =
        usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit)).ok_or_else(|| {
            Refused::invalid("The limit must be between 1 and 100.")
                .code("parameter_invalid_integer")
                .param("limit")
        })?;
    let created = form.inner("created");
    let (from, after) = (created.integer("gte")?, created.integer("gt")?);
    let (until, before) = (created.integer("lte")?, created.integer("lt")?);
    let in_time = |item: &Value| {
        let at = item["created"].as_i64().unwrap_or_default();
        from.is_none_or(|from| at >= from)
            && after.is_none_or(|after| at > after)
            && until.is_none_or(|until| at <= until)
            && before.is_none_or(|before| at < before)
    };
    let mut items: Vec<_> = oldest_first.rev().filter(in_time).collect();

    let place = |id: &str| items.iter().position(|item| item["id"] == id);
    if let Some(last) = form.text("starting_after") {
        let place = place(last).ok_or_else(|| Refused::no_such("object", last))?;
        items.drain(..=place);
    } else if let Some(first) = form.text("ending_before") {
        let place = place(first).ok_or_else(|| Refused::no_such("object", first))?;
        items.truncate(place);
        items.drain(..place.saturating_sub(limit));
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    Ok(json!({"object": "list", "url": url, "has_more": has_more, "data": items}))
}
