//! Refunds.

use crate::client::{PAGE_LIMIT, Stripe, with_idempotency_key, with_retries};
use crate::convert::{our_refund_id, refund_update};
use crate::failure::StripeFailure;
use crate::metadata::REFUND_ID;
use domain::id::RefundId;
use domain::payments::refund::{DueRefund, RefundAtStripe, RefundUpdate};
use stripe::StripeRequest;
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};

impl Stripe {
    /// Requests a refund and returns its state. If an earlier request may have succeeded, looks for its refund first.
    pub async fn refund(&self, due: &DueRefund) -> Result<RefundUpdate, StripeFailure> {
        if due.is_doubtful()
            && let Some(update) = self.find_refund(due.id, &due.provider).await?
        {
            return Ok(update);
        }
        let refund = CreateRefund::new()
            .payment_intent(due.provider.as_str())
            .amount(due.amount.minor)
            .metadata([(REFUND_ID.to_owned(), due.id.to_string())]);
        let (client, strategy) = (self.client()?, with_idempotency_key(&due.key())?);
        let send = || refund.customize().request_strategy(strategy.clone()).send(client);
        match with_retries(send).await {
            Ok(refund) => refund_update(&refund, due.provider.clone()),
            // An earlier request may have been executed although its response was lost, and this is why.
            Err(failure) if failure.is_final_for_refund() || failure.is_doubtful() => {
                self.find_refund(due.id, &due.provider).await?.ok_or(failure)
            }
            Err(failure) => Err(failure),
        }
    }

    /// The state of a refund, by Stripe's ids of it and of its PaymentIntent.
    pub async fn retrieve_refund(
        &self,
        provider: &str,
        intent: &str,
    ) -> Result<RefundUpdate, StripeFailure> {
        let (client, request) = (self.client()?, RetrieveRefund::new(provider));
        refund_update(&with_retries(|| request.send(client)).await?, intent.to_owned())
    }

    /// The state of a refund that Stripe once named; none if Stripe does not have it. Errs if Stripe does not have its payment
    /// either: then the key is of another account, and says nothing about the refund.
    pub async fn check_refund(
        &self,
        RefundAtStripe { id, provider, intent }: &RefundAtStripe,
    ) -> Result<Option<RefundUpdate>, StripeFailure> {
        match self.retrieve_refund(provider, intent).await {
            Err(failure) if failure.is_missing() => {}
            found => return found.map(Some),
        }
        self.retrieve_payment(intent).await?;
        match self.find_refund(*id, intent).await? {
            Some(other) => {
                let why = format!("{id} is {} at Stripe, and not {provider}", other.provider);
                Err(StripeFailure::InvalidResponse(why))
            }
            None => Ok(None),
        }
    }

    /// The refund that carries our id in its metadata, if there is one.
    async fn find_refund(
        &self,
        id: RefundId,
        intent: &str,
    ) -> Result<Option<RefundUpdate>, StripeFailure> {
        let client = self.client()?;
        let list = ListRefund::new().payment_intent(intent).limit(PAGE_LIMIT);
        let page = with_retries(|| list.customize().send(client)).await?;
        let id = id.to_string();
        let ours = page.data.iter().find(|refund| our_refund_id(refund) == Some(id.as_str()));
        match ours {
            Some(refund) => refund_update(refund, intent.to_owned()).map(Some),
            // It may be on another page.
            None if page.has_more => {
                let why = format!("{intent} has more refunds than fit on a page");
                Err(StripeFailure::InvalidResponse(why))
            }
            None => Ok(None),
        }
    }
}
