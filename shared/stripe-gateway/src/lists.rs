//! Stripe's lists of payments, refunds and disputes, for the reconciliation.

use crate::client::{PAGE_LIMIT, Stripe, with_retries};
use crate::convert::{dispute_update, payment_update, refund_update};
use crate::failure::StripeFailure;
use domain::payments::PaymentUpdate;
use domain::payments::dispute::DisputeUpdate;
use domain::payments::reconciliation::UnreadableEntry;
use domain::payments::refund::RefundUpdate;
use miniserde::Deserialize;
use miniserde::json::{self, Value};
use stripe::StripeRequest;
use stripe_core::dispute::ListDispute;
use stripe_core::payment_intent::ListPaymentIntent;
use stripe_core::refund::ListRefund;
use stripe_shared::{Dispute, PaymentIntent, Refund};
use stripe_types::RangeQueryTs;
use time::OffsetDateTime;

/// A page as it comes: each entry is parsed by itself, so that one which we cannot read does not hide the others.
#[derive(Deserialize)]
struct Rows {
    data: Vec<Value>,
    has_more: bool,
}

/// One page of a list, the newest objects first.
#[derive(Clone, Debug)]
pub struct ListPage<T> {
    pub items: Vec<T>,
    /// Entries that we cannot read: those that are not ours may be in other currencies.
    pub unreadable: Vec<UnreadableEntry>,
    /// The `after` of the next page; none on the last page.
    pub next: Option<String>,
}

impl Stripe {
    /// The PaymentIntents that were created since then, also those that are not ours. `after` is Stripe's id of the
    /// last one on the page before.
    pub async fn list_payments(
        &self,
        since: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<ListPage<PaymentUpdate>, StripeFailure> {
        let mut list = ListPaymentIntent::new()
            .created(RangeQueryTs::gte(since.unix_timestamp()))
            .limit(PAGE_LIMIT);
        if let Some(after) = after {
            list = list.starting_after(after);
        }
        ListPage::read(
            self.page(&list).await?,
            |row| text(row, "id"),
            |intent: PaymentIntent, _| payment_update(&intent, self.mode),
        )
    }

    /// The refunds that were created since then, whoever created them. `after` is Stripe's id of the last one on the
    /// page before.
    pub async fn list_refunds(
        &self,
        since: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<ListPage<RefundUpdate>, StripeFailure> {
        let mut list =
            ListRefund::new().created(RangeQueryTs::gte(since.unix_timestamp())).limit(PAGE_LIMIT);
        if let Some(after) = after {
            list = list.starting_after(after);
        }
        // Refunds of charges without a PaymentIntent are not ours.
        ListPage::read(self.page(&list).await?, payment_intent, |refund: Refund, intent| {
            refund_update(&refund, intent)
        })
    }

    /// The disputes that were opened since then, whoever was paid. `after` is Stripe's id of the last one on the page
    /// before.
    pub async fn list_disputes(
        &self,
        since: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<ListPage<DisputeUpdate>, StripeFailure> {
        let mut list =
            ListDispute::new().created(RangeQueryTs::gte(since.unix_timestamp())).limit(PAGE_LIMIT);
        if let Some(after) = after {
            list = list.starting_after(after);
        }
        // Disputes of charges without a PaymentIntent are not ours.
        ListPage::read(self.page(&list).await?, payment_intent, |dispute: Dispute, intent| {
            dispute_update(&dispute, intent, self.mode)
        })
    }

    async fn page(&self, list: &impl StripeRequest) -> Result<Rows, StripeFailure> {
        let client = self.client()?;
        with_retries(|| list.build().customize::<Rows>().send(client)).await
    }
}

impl<T> ListPage<T> {
    /// `intent_of` finds Stripe's id of the PaymentIntent of an entry: without one it is not ours.
    fn read<O: Deserialize>(
        Rows { data, has_more }: Rows,
        intent_of: impl Fn(&Value) -> Option<String>,
        update: impl Fn(O, String) -> Result<T, StripeFailure>,
    ) -> Result<Self, StripeFailure> {
        let end = data.last().filter(|_| has_more);
        let no_id = || StripeFailure::InvalidResponse("an entry without an id".to_owned());
        let next = end.map(|row| text(row, "id").ok_or_else(no_id)).transpose()?;
        let mut page = Self { items: Vec::new(), unreadable: Vec::new(), next };
        for row in data {
            let Some(intent) = intent_of(&row) else { continue };
            let subject = text(&row, "id").unwrap_or_else(|| intent.clone());
            let parsed = json::from_str::<O>(&json::to_string(&row)).map_err(|_| {
                StripeFailure::InvalidResponse(format!("{subject} is not as Stripe describes it"))
            });
            match parsed.and_then(|object| update(object, intent.clone())) {
                Ok(update) => page.items.push(update),
                Err(failure) => {
                    tracing::warn!("{failure}: not compared");
                    let why = failure.to_string();
                    page.unreadable.push(UnreadableEntry { subject, intent, why });
                }
            }
        }
        Ok(page)
    }
}

/// A text member of an object.
fn text(row: &Value, name: &str) -> Option<String> {
    let Value::Object(members) = row else { return None };
    match members.get(name)? {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Stripe's id of the entry's PaymentIntent, which may be expanded.
fn payment_intent(row: &Value) -> Option<String> {
    let Value::Object(members) = row else { return None };
    text(row, "payment_intent").or_else(|| text(members.get("payment_intent")?, "id"))
}
