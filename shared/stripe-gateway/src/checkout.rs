//! Payments that are made on a page of Stripe's, a Checkout Session.
//!
//! Its PaymentIntent comes to be when the buyer pays, and is Stripe's alone: who wants it to end expires the session.

use crate::ask::{self, Stripe, StripeFailure, patiently, stripe_currency, under};
use crate::notice::PAYMENT_ID;
use domain::money::{Currency, Money};
use domain::payment::{Checkout, Open, Status, Told};
use std::collections::HashMap;
use stripe::StripeRequest;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData,
    ExpireCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_shared::{
    CheckoutSession, CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus,
};
use stripe_types::Expandable;
use time::OffsetDateTime;

/// Stripe's page for a payment.
pub struct Session {
    pub told: Told,
    /// Stripe's id of the session.
    pub id: String,
    pub expires_at: OffsetDateTime,
    /// Where the buyer pays; none once it is paid or expired.
    pub url: Option<String>,
}

impl Stripe {
    /// The page of a payment: the one that Stripe knows, or a new one.
    pub async fn session(&self, open: &Open) -> Result<Session, StripeFailure> {
        let checkout = open.checkout.as_ref();
        let checkout =
            checkout.ok_or_else(|| StripeFailure::Nonsense("no page wanted".to_owned()))?;
        let session = match &checkout.session {
            Some(session) => self.retrieve_session(session).await?,
            None => self.create_session(open, checkout).await?,
        };
        Ok(Session {
            told: told(&session)?,
            id: session.id.to_string(),
            expires_at: checkout.expires_at,
            url: session.url,
        })
    }

    /// Closes a page, and says where its payment stands then.
    pub(crate) async fn expire(
        &self,
        open: &Open,
        checkout: &Checkout,
    ) -> Result<Told, StripeFailure> {
        let session = match &checkout.session {
            Some(session) => session.clone(),
            // We died between the wish and the answer: the same wish brings the same session.
            None => self.create_session(open, checkout).await?.id.to_string(),
        };
        let request = ExpireCheckoutSession::new(session.as_str());
        match patiently(|| request.send(&self.0)).await {
            Ok(session) => told(&session),
            // Expired before, or complete: paid, or about to be.
            Err(StripeFailure::Refused { status: 400, .. }) => {
                told(&self.retrieve_session(&session).await?)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn create_session(
        &self,
        open: &Open,
        checkout: &Checkout,
    ) -> Result<CheckoutSession, StripeFailure> {
        let Open { id, order, amount: Money { minor, currency }, .. } = open;
        let name = format!("Order {order}");
        // One entry only: a map has no order, and the same wish must be the same bytes.
        let ours = HashMap::from([(PAYMENT_ID.to_owned(), id.to_string())]);
        let mut price = CreateCheckoutSessionLineItemsPriceData::new(stripe_currency(*currency));
        price.product_data = Some(ProductData::new(name.clone()));
        price.unit_amount = Some(*minor);
        let mut line = CreateCheckoutSessionLineItems::new();
        (line.price_data, line.quantity) = (Some(price), Some(1));
        // The intent is made later, and by Stripe: its events find our payment by this.
        let mut intent = CreateCheckoutSessionPaymentIntentData::new();
        (intent.description, intent.metadata) = (Some(name), Some(ours.clone()));
        // What is taken is the order's total, whatever money the buyer thinks in.
        let mut pricing = CreateCheckoutSessionAdaptivePricing::new();
        pricing.enabled = Some(false);
        let create = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Payment)
            .line_items([line])
            .success_url(checkout.success_url.as_str())
            .cancel_url(checkout.cancel_url.as_str())
            .expires_at(checkout.expires_at.unix_timestamp())
            .client_reference_id(order.to_string())
            .metadata(ours)
            .payment_intent_data(intent)
            .adaptive_pricing(pricing);
        let under = under(id)?;
        patiently(|| create.customize().request_strategy(under.clone()).send(&self.0)).await
    }

    async fn retrieve_session(&self, session: &str) -> Result<CheckoutSession, StripeFailure> {
        let request = RetrieveCheckoutSession::new(session).expand(["payment_intent".to_owned()]);
        patiently(|| request.send(&self.0)).await
    }
}

/// What a session says about our payment. As old as the session: what an event says later is newer.
fn told(session: &CheckoutSession) -> Result<Told, StripeFailure> {
    let nonsense = |what: &str| StripeFailure::Nonsense(format!("{what} of {}", session.id));
    let currency = session.currency.as_ref().map(|code| code.to_string().to_ascii_uppercase());
    let currency = currency.and_then(|code| Currency::from_code(&code));
    let amount = Money {
        minor: session.amount_total.ok_or_else(|| nonsense("amount"))?,
        currency: currency.ok_or_else(|| nonsense("currency"))?,
    };
    let intent = session.payment_intent.as_ref();
    let at = OffsetDateTime::from_unix_timestamp(session.created);
    let ours = session.metadata.as_ref().and_then(|metadata| metadata.get(PAYMENT_ID));
    Ok(Told {
        provider: intent.map(|intent| intent.id().to_string()),
        session: Some(session.id.to_string()),
        payment: ours.and_then(|id| id.parse().ok()),
        status: status(session)?.ok_or_else(|| nonsense("status"))?,
        amount,
        at: at.map_err(|_| nonsense("time"))?,
    })
}

/// Where the payment of a session stands; none if that makes no sense.
fn status(session: &CheckoutSession) -> Result<Option<Status>, StripeFailure> {
    let intent = match session.payment_intent.as_ref() {
        Some(Expandable::Object(intent)) => Some(ask::told(intent)?.status),
        Some(Expandable::Id(_)) | None => None,
    };
    let is_paid = session.payment_status == CheckoutSessionPaymentStatus::Paid;
    Ok(match session.status.as_ref() {
        Some(CheckoutSessionStatus::Open) => Some(intent.unwrap_or(Status::Creating)),
        Some(CheckoutSessionStatus::Expired) => Some(Status::Canceled),
        Some(CheckoutSessionStatus::Complete) if is_paid => Some(Status::Succeeded),
        // The bank said no after the page was closed, and nobody has the intent's secret to try again.
        Some(CheckoutSessionStatus::Complete) => intent.map(|intent| match intent {
            Status::RequiresPaymentMethod => Status::Failed,
            other => other,
        }),
        _ => None,
    })
}
