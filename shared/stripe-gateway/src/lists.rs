//! Stripe's lists of payments, refunds and disputes, for the reconciliation.

use crate::client::{PAGE_LIMIT, Stripe, with_retries};
use crate::convert::{dispute_update, payment_update, refund_update};
use crate::failure::StripeFailure;
use domain::payments::PaymentUpdate;
use domain::payments::dispute::DisputeUpdate;
use domain::payments::reconciliation::UnreadableEntry;
use domain::payments::refund::RefundUpdate;
use stripe::StripeRequest;
use stripe_core::dispute::ListDispute;
use stripe_core::payment_intent::ListPaymentIntent;
use stripe_core::refund::ListRefund;
use stripe_types::RangeQueryTs;
use time::OffsetDateTime;

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
        let client = self.client()?;
        let mut list = ListPaymentIntent::new()
            .created(RangeQueryTs::gte(since.unix_timestamp()))
            .limit(PAGE_LIMIT);
        if let Some(after) = after {
            list = list.starting_after(after);
        }
        let page = with_retries(|| list.customize().send(client)).await?;
        let end = page.data.last().map(|intent| intent.id.to_string());
        let next = end.filter(|_| page.has_more);
        let entries = page.data.iter().map(|intent| {
            let id = intent.id.as_str();
            (id, id.to_owned(), payment_update(intent, self.mode))
        });
        Ok(ListPage::new(entries, next))
    }

    /// The refunds that were created since then, whoever created them. `after` is Stripe's id of the last one on the
    /// page before.
    pub async fn list_refunds(
        &self,
        since: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<ListPage<RefundUpdate>, StripeFailure> {
        let client = self.client()?;
        let mut list =
            ListRefund::new().created(RangeQueryTs::gte(since.unix_timestamp())).limit(PAGE_LIMIT);
        if let Some(after) = after {
            list = list.starting_after(after);
        }
        let page = with_retries(|| list.customize().send(client)).await?;
        let end = page.data.last().map(|refund| refund.id.to_string());
        let next = end.filter(|_| page.has_more);
        // Refunds of charges without a PaymentIntent are not ours.
        let entries = page.data.iter().filter_map(|refund| {
            let intent = refund.payment_intent.as_ref()?.id().to_string();
            Some((refund.id.as_str(), intent.clone(), refund_update(refund, intent)))
        });
        Ok(ListPage::new(entries, next))
    }

    /// The disputes that were opened since then, whoever was paid. `after` is Stripe's id of the last one on the page
    /// before.
    pub async fn list_disputes(
        &self,
        since: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<ListPage<DisputeUpdate>, StripeFailure> {
        let client = self.client()?;
        let mut list =
            ListDispute::new().created(RangeQueryTs::gte(since.unix_timestamp())).limit(PAGE_LIMIT);
        if let Some(after) = after {
            list = list.starting_after(after);
        }
        let page = with_retries(|| list.customize().send(client)).await?;
        let end = page.data.last().map(|dispute| dispute.id.to_string());
        let next = end.filter(|_| page.has_more);
        // Disputes of charges without a PaymentIntent are not ours.
        let entries = page.data.iter().filter_map(|dispute| {
            let intent = dispute.payment_intent.as_ref()?.id().to_string();
            let update = dispute_update(dispute, intent.clone(), self.mode);
            Some((dispute.id.as_str(), intent, update))
        });
        Ok(ListPage::new(entries, next))
    }
}

impl<T> ListPage<T> {
    /// From the entries of a page: Stripe's ids of the entry and of its PaymentIntent, and the entry itself.
    fn new<'a>(
        entries: impl Iterator<Item = (&'a str, String, Result<T, StripeFailure>)>,
        next: Option<String>,
    ) -> Self {
        let mut page = Self { items: Vec::new(), unreadable: Vec::new(), next };
        for (subject, intent, update) in entries {
            match update {
                Ok(update) => page.items.push(update),
                Err(failure) => {
                    tracing::warn!("{failure}: not compared");
                    let (subject, why) = (subject.to_owned(), failure.to_string());
                    page.unreadable.push(UnreadableEntry { subject, intent, why });
                }
            }
        }
        page
    }
}
