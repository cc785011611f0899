//! What Stripe has, as it lists it: for those who doubt what they were told, or were told nothing.

use crate::ask::{self, Stripe, StripeFailure, patiently};
use crate::notice::REFUND_ID;
use domain::money::{Currency, Money};
use domain::payment::Told;
use domain::payment::refund::{DueRefund, RefundStatus, RefundTold};
use stripe::StripeRequest;
use stripe_core::payment_intent::ListPaymentIntent;
use stripe_core::refund::{ListRefund, RetrieveRefund};
use stripe_shared::Refund;
use stripe_types::RangeQueryTs;
use time::OffsetDateTime;

/// The most that Stripe puts on a page.
const PAGE: i64 = 100;

/// A page of what Stripe has, the newest first.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// Behind which one the next page begins, if there is one.
    pub next: Option<String>,
}

impl Stripe {
    /// The payments that were begun since then, ours or not.
    pub async fn payments_since(
        &self,
        since: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<Listed<Told>, StripeFailure> {
        let mut list =
            ListPaymentIntent::new().created(RangeQueryTs::gte(since.unix_timestamp())).limit(PAGE);
        if let Some(after) = after {
            list = list.starting_after(after);
        }
        let page = patiently(|| list.customize().send(&self.0)).await?;
        let end = page.data.last().map(|intent| intent.id.to_string());
        let items = page.data.iter().filter_map(|intent| readable(ask::told(intent)));
        Ok(Listed { items: items.collect(), next: end.filter(|_| page.has_more) })
    }

    /// The refunds that were made since then, whoever made them.
    pub async fn refunds_since(
        &self,
        since: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<Listed<RefundTold>, StripeFailure> {
        let mut list =
            ListRefund::new().created(RangeQueryTs::gte(since.unix_timestamp())).limit(PAGE);
        if let Some(after) = after {
            list = list.starting_after(after);
        }
        let page = patiently(|| list.customize().send(&self.0)).await?;
        let end = page.data.last().map(|refund| refund.id.to_string());
        // Those of a charge that no intent of ours made are left out.
        let items = page.data.iter().filter_map(|refund| {
            let intent = refund.payment_intent.as_ref()?.id().to_string();
            readable(refund_told(refund, intent))
        });
        Ok(Listed { items: items.collect(), next: end.filter(|_| page.has_more) })
    }

    /// Where one payment stands, by Stripe's id.
    pub async fn payment(&self, provider: &str) -> Result<Told, StripeFailure> {
        ask::told(&self.retrieve(provider).await?)
    }

    /// Where one refund stands, by Stripe's ids of it and of its payment.
    pub async fn one_refund(
        &self,
        provider: &str,
        intent: &str,
    ) -> Result<RefundTold, StripeFailure> {
        let request = RetrieveRefund::new(provider);
        refund_told(&patiently(|| request.send(&self.0)).await?, intent.to_owned())
    }

    /// The refund that Stripe has made under our id, if there is one.
    pub(crate) async fn given(&self, due: &DueRefund) -> Result<Option<RefundTold>, StripeFailure> {
        let list = ListRefund::new().payment_intent(due.provider.as_str()).limit(PAGE);
        let page = patiently(|| list.customize().send(&self.0)).await?;
        let id = due.id.to_string();
        let ours = page.data.iter().find(|refund| metadata(refund) == Some(id.as_str()));
        match ours {
            Some(refund) => refund_told(refund, due.provider.clone()).map(Some),
            // Nobody can say that it is not on another page.
            None if page.has_more => {
                let why = format!("{} has more refunds than fit on a page", due.provider);
                Err(StripeFailure::Nonsense(why))
            }
            None => Ok(None),
        }
    }
}

/// What a refund says about ours. As old as the refund: what an event says later is newer.
pub(crate) fn refund_told(refund: &Refund, intent: String) -> Result<RefundTold, StripeFailure> {
    let nonsense = |what: &str| StripeFailure::Nonsense(format!("{what} of {}", refund.id));
    let status = RefundStatus::from_name(refund.status.as_deref().unwrap_or("succeeded"));
    let currency = Currency::from_code(&refund.currency.to_string().to_ascii_uppercase());
    let at = OffsetDateTime::from_unix_timestamp(refund.created);
    Ok(RefundTold {
        provider: refund.id.to_string(),
        intent,
        refund: metadata(refund).and_then(|id| id.parse().ok()),
        status: status.ok_or_else(|| nonsense("status"))?,
        amount: Money {
            minor: refund.amount,
            currency: currency.ok_or_else(|| nonsense("currency"))?,
        },
        at: at.map_err(|_| nonsense("time"))?,
    })
}

/// Our id, as we gave it to Stripe to keep.
fn metadata(refund: &Refund) -> Option<&str> {
    refund.metadata.as_ref()?.get(REFUND_ID).map(String::as_str)
}

/// Somebody else may do business in currencies that we do not know.
fn readable<T>(told: Result<T, StripeFailure>) -> Option<T> {
    told.inspect_err(|odd| tracing::warn!("{odd}: not compared")).ok()
}
