//! The state of the Stripe stand-in, under one lock. The rules are in the modules of the objects.

use super::{
    ApiError,
    api::RecordedCall,
    charges::Charge,
    delivery::Deliveries,
    disputes::Dispute,
    faults::FaultQueue,
    form::{Form, Metadata},
    idempotency::IdempotencyKeys,
    intents::{Intent, Status},
    refunds::Refund,
    sessions::Session,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) struct State {
    pub(super) base_url: String,
    pub(super) intents: ObjectStore<Intent>,
    pub(super) charges: ObjectStore<Charge>,
    pub(super) refunds: ObjectStore<Refund>,
    pub(super) sessions: ObjectStore<Session>,
    pub(super) disputes: ObjectStore<Dispute>,
    pub(super) events: ObjectStore<Value>,
    pub(super) idempotency_keys: IdempotencyKeys,
    pub(super) faults: FaultQueue,
    pub(super) deliveries: Deliveries,
    pub(super) calls: Vec<RecordedCall>,
    /// The only accepted secret key; any test key if there is none.
    pub(super) only_secret: Option<String>,
    /// The request id and the idempotency key of the current call.
    pub(super) current_call: (Option<String>, Option<String>),
}

/// The amounts of a payment intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// The id of the payment intent.
    pub intent: String,
    /// The metadata that the shop has set.
    pub metadata: Metadata,
    /// In lower case.
    pub currency: String,
    /// The requested amount, in minor units.
    pub amount: i64,
    /// The captured amount.
    pub received: i64,
    /// The refunded amount, pending refunds included.
    pub refunded: i64,
    pub status: Status,
}

impl State {
    pub(super) fn new(base_url: String, deliveries: Deliveries) -> Self {
        Self {
            base_url,
            intents: ObjectStore::default(),
            charges: ObjectStore::default(),
            refunds: ObjectStore::default(),
            sessions: ObjectStore::default(),
            disputes: ObjectStore::default(),
            events: ObjectStore::default(),
            idempotency_keys: IdempotencyKeys::default(),
            faults: FaultQueue::default(),
            deliveries,
            calls: Vec::new(),
            only_secret: None,
            current_call: (None, None),
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

    /// An object of any type by its id, for `expand`.
    pub(super) fn object(&self, id: &str) -> Option<Value> {
        match id.split('_').next()? {
            "pi" => self.intents.get(id).map(Intent::json),
            "ch" => self.charges.get(id).map(Charge::json),
            "re" => self.refunds.get(id).map(Refund::json),
            "dp" => self.disputes.get(id).map(Dispute::json),
            "cs" => self.sessions.get(id).map(|session| session.json(&self.base_url)),
            _ => None,
        }
    }
}

/// Objects by id, in the order of creation.
pub(super) struct ObjectStore<T> {
    positions: HashMap<String, usize>,
    items: Vec<T>,
}

impl<T> Default for ObjectStore<T> {
    fn default() -> Self {
        Self { positions: HashMap::new(), items: Vec::new() }
    }
}

impl<T> ObjectStore<T> {
    pub(super) fn insert(&mut self, id: &str, item: T) {
        self.positions.insert(id.to_owned(), self.items.len());
        self.items.push(item);
    }

    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.items.get(*self.positions.get(id)?)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.items.get_mut(*self.positions.get(id)?)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter()
    }
}

/// A new id such as `pi_…`, with 24 random hexadecimal digits.
pub(super) fn new_id(prefix: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{prefix}_{}", &random[..24])
}

#[expect(clippy::disallowed_methods, reason = "Stripe has its own clock")]
pub(super) fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// A page of a list, newest first, selected by `limit`, `starting_after`, `ending_before` and `created`.
pub(super) fn page(
    url: &str,
    oldest_first: impl DoubleEndedIterator<Item = Value>,
    form: &Form,
) -> Result<Value, ApiError> {
    let limit = form.integer("limit")?.unwrap_or(10);
    let limit =
        usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit)).ok_or_else(|| {
            ApiError::invalid("The limit must be between 1 and 100.")
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

    let position = |id: &str| items.iter().position(|item| item["id"] == id);
    if let Some(last) = form.text("starting_after") {
        let position = position(last).ok_or_else(|| ApiError::no_such("object", last))?;
        items.drain(..=position);
    } else if let Some(first) = form.text("ending_before") {
        let position = position(first).ok_or_else(|| ApiError::no_such("object", first))?;
        items.truncate(position);
        items.drain(..position.saturating_sub(limit));
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    Ok(json!({"object": "list", "url": url, "has_more": has_more, "data": items}))
}
