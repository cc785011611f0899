//! Stripe's lists of payments and refunds, for the reconciliation.

use crate::client::{PAGE_LIMIT, Stripe, StripeFailure, with_retries};
use crate::convert::{payment_update, refund_update};
use domain::payments::PaymentUpdate;
use domain::payments::refund::RefundUpdate;
use stripe::StripeRequest;
use stripe_core::payment_intent::ListPaymentIntent;
use stripe_core::refund::ListRefund;
use stripe_types::RangeQueryTs;
use time::OffsetDateTime;

/// One page of a list, the newest objects first.
#[derive(Clone, Debug)]
pub struct ListPage<T> {
    pub items: Vec<T>,
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
        let page = with_retries(|| list.customize().send(&self.0)).await?;
        let end = page.data.last().map(|intent| intent.id.to_string());
        let items = page.data.iter().filter_map(|intent| readable(payment_update(intent)));
        Ok(ListPage { items: items.collect(), next: end.filter(|_| page.has_more) })
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
        let page = with_retries(|| list.customize().send(&self.0)).await?;
        let end = page.data.last().map(|refund| refund.id.to_string());
        // Refunds of charges without a PaymentIntent are not ours.
        let items = page.data.iter().filter_map(|refund| {
            let intent = refund.payment_intent.as_ref()?.id().to_string();
            readable(refund_update(refund, intent))
        });
        Ok(ListPage { items: items.collect(), next: end.filter(|_| page.has_more) })
    }
}

/// Leaves out what we cannot read: objects that are not ours may be in other currencies.
fn readable<T>(update: Result<T, StripeFailure>) -> Option<T> {
    update.inspect_err(|error| tracing::warn!("{error}: not compared")).ok()
}
