//! The state of the Stripe stand-in, under one lock. The rules are in the modules of the objects.

use super::{
    ApiError,
    api::RecordedCall,
    charges::Charge,
    clock::Clock,
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
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

pub(super) struct State {
    pub(super) base_url: String,
    pub(super) intents: ObjectStore<Intent>,
    pub(super) charges: ObjectStore<Charge>,
    pub(super) refunds: ObjectStore<Refund>,
    pub(super) sessions: ObjectStore<Session>,
    pub(super) disputes: ObjectStore<Dispute>,
    pub(super) warnings: ObjectStore<Value>,
    pub(super) reviews: ObjectStore<Value>,
    pub(super) events: ObjectStore<Value>,
    pub(super) idempotency_keys: IdempotencyKeys,
    pub(super) faults: FaultQueue,
    pub(super) deliveries: Deliveries,
    pub(super) calls: Vec<RecordedCall>,
    pub(super) clock: Clock,
    /// The mode of new objects. Live keys are accepted in live mode only.
    pub(super) livemode: bool,
    /// The only accepted secret key; any if there is none.
    pub(super) only_secret: Option<String>,
    /// Objects that the API shows in a form that cannot be read.
    pub(super) distorted: HashSet<String>,
    pub(super) ignores_expand: bool,
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
            warnings: ObjectStore::default(),
            reviews: ObjectStore::default(),
            events: ObjectStore::default(),
            idempotency_keys: IdempotencyKeys::default(),
            faults: FaultQueue::default(),
            deliveries,
            calls: Vec::new(),
            clock: Clock::default(),
            livemode: false,
            only_secret: None,
            distorted: HashSet::new(),
            ignores_expand: false,
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
            "issfr" => self.warnings.get(id).cloned(),
            "prv" => self.reviews.get(id).cloned(),
            _ => None,
        }
    }

    pub(super) fn set_object_livemode(&mut self, id: &str, live: bool) {
        let mode = match id.split('_').next() {
            Some("pi") => self.intents.get_mut(id).map(|intent| &mut intent.livemode),
            Some("ch") => self.charges.get_mut(id).map(|charge| &mut charge.livemode),
            Some("re") => self.refunds.get_mut(id).map(|refund| &mut refund.livemode),
            Some("dp") => self.disputes.get_mut(id).map(|dispute| &mut dispute.livemode),
            Some("cs") => self.sessions.get_mut(id).map(|session| &mut session.livemode),
            Some("issfr") => return set_livemode(self.warnings.get_mut(id), live),
            Some("prv") => return set_livemode(self.reviews.get_mut(id), live),
            _ => None,
        };
        *mode.expect("a test knows its objects") = live;
    }

    pub(super) fn remove(&mut self, id: &str) {
        match id.split('_').next() {
            Some("pi") => self.intents.remove(id),
            Some("ch") => self.charges.remove(id),
            Some("re") => self.refunds.remove(id),
            Some("dp") => self.disputes.remove(id),
            Some("cs") => self.sessions.remove(id),
            Some("issfr") => self.warnings.remove(id),
            Some("prv") => self.reviews.remove(id),
            _ => {}
        }
    }
}

/// Gives a member another type than the API describes.
pub(super) fn distort(body: &mut Value, ids: &HashSet<String>) {
    let distort = |object: &mut Value| {
        if object["id"].as_str().is_some_and(|id| ids.contains(id)) {
            object["created"] = "yesterday".into();
        }
    };
    match body.get_mut("data").and_then(Value::as_array_mut) {
        Some(items) => items.iter_mut().for_each(distort),
        None => distort(body),
    }
}

fn set_livemode(object: Option<&mut Value>, live: bool) {
    object.expect("a test knows its objects")["livemode"] = live.into();
}

/// Objects by id, in the order of creation.
pub(super) struct ObjectStore<T> {
    positions: HashMap<String, usize>,
    /// None where an object was removed.
    items: Vec<Option<T>>,
    removed: HashMap<String, (usize, T)>,
}

impl<T> Default for ObjectStore<T> {
    fn default() -> Self {
        Self { positions: HashMap::new(), items: Vec::new(), removed: HashMap::new() }
    }
}

impl<T> ObjectStore<T> {
    pub(super) fn insert(&mut self, id: &str, item: T) {
        self.positions.insert(id.to_owned(), self.items.len());
        self.items.push(Some(item));
    }

    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.items.get(*self.positions.get(id)?)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.items.get_mut(*self.positions.get(id)?)?.as_mut()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter().flatten()
    }

    pub(super) fn remove(&mut self, id: &str) {
        if let Some(position) = self.positions.remove(id)
            && let Some(item) = self.items[position].take()
        {
            self.removed.insert(id.to_owned(), (position, item));
        }
    }

    pub(super) fn restore(&mut self, id: &str) {
        if let Some((position, item)) = self.removed.remove(id) {
            self.positions.insert(id.to_owned(), position);
            self.items[position] = Some(item);
        }
    }
}

/// A new id such as `pi_…`, with 24 random hexadecimal digits.
pub(super) fn new_id(prefix: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{prefix}_{}", &random[..24])
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
    let exactly = form.integer("created")?;
    let (from, after) = (created.integer("gte")?, created.integer("gt")?);
    let (until, before) = (created.integer("lte")?, created.integer("lt")?);
    let in_time = |item: &Value| {
        let at = item["created"].as_i64().unwrap_or_default();
        exactly.is_none_or(|exactly| at == exactly)
            && from.is_none_or(|from| at >= from)
            && after.is_none_or(|after| at > after)
            && until.is_none_or(|until| at <= until)
            && before.is_none_or(|before| at < before)
    };
    let mut items: Vec<_> = oldest_first.rev().filter(in_time).collect();

    let position = |id: &str| items.iter().position(|item| item["id"] == id);
    if let Some(last) = form.text("starting_after") {
        let position = position(last).ok_or_else(|| no_such_cursor("starting_after", last))?;
        items.drain(..=position);
    } else if let Some(first) = form.text("ending_before") {
        let position = position(first).ok_or_else(|| no_such_cursor("ending_before", first))?;
        items.truncate(position);
        items.drain(..position.saturating_sub(limit));
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    Ok(json!({"object": "list", "url": url, "has_more": has_more, "data": items}))
}

/// Stripe answers 400 here, and not 404.
fn no_such_cursor(param: &str, id: &str) -> ApiError {
    let what = match id.split('_').next() {
        Some("pi") => "payment_intent",
        Some("re") => "refund",
        Some("dp") => "dispute",
        Some("evt") => "event",
        _ => "object",
    };
    ApiError::invalid(format!("No such {what}: '{id}'")).code("resource_missing").param(param)
}
