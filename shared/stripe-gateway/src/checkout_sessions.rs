//! Payments on a page of Stripe's, a Checkout Session.
//!
//! Stripe creates its PaymentIntent when the buyer pays. We cannot cancel that one, but we can expire the session.

use crate::client::{Mode, Stripe, with_idempotency_key, with_retries};
use crate::convert::{payment_update, stripe_currency};
use crate::failure::StripeFailure;
use crate::metadata::PAYMENT_ID;
use domain::money::{Currency, Money};
use domain::payments::{HostedPage, OpenPayment, PaymentUpdate, Status};
use std::collections::HashMap;
use stripe::StripeRequest;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing,
    CreateCheckoutSessionExcludedPaymentMethodTypes as NotOffered, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData,
    CreateCheckoutSessionPaymentMethodOptions,
    CreateCheckoutSessionPaymentMethodOptionsUsBankAccount,
    CreateCheckoutSessionPaymentMethodOptionsUsBankAccountVerificationMethod as Verification,
    ExpireCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_shared::{CheckoutSession, CheckoutSessionMode, CheckoutSessionStatus};
use stripe_types::Expandable;
use time::OffsetDateTime;

/// A Checkout Session.
pub struct Session {
    pub update: PaymentUpdate,
    /// Stripe's id.
    pub id: String,
    pub expires_at: OffsetDateTime,
    /// The page on which the buyer pays; none once it is paid or expired.
    pub url: Option<String>,
}

/// As for PaymentIntents.
const NEVER_OFFERED: NotOffered = NotOffered::CustomerBalance;
/// As for PaymentIntents.
const VOUCHERS: [NotOffered; 5] = [
    NotOffered::Boleto,
    NotOffered::Konbini,
    NotOffered::Multibanco,
    NotOffered::Oxxo,
    NotOffered::Pix,
];

impl Stripe {
    /// The Checkout Session of a payment: retrieved if it exists, else created. Errs if the payment has no hosted page.
    pub async fn checkout_session(&self, open: &OpenPayment) -> Result<Session, StripeFailure> {
        let page = open.hosted_page.as_ref();
        let page =
            page.ok_or_else(|| StripeFailure::InvalidResponse("not a hosted page".to_owned()))?;
        let session = match &page.session {
            Some(session) => self.retrieve_session(session).await?,
            None => self.create_session(open, page).await?,
        };
        Ok(Session {
            update: session_update(&session, self.mode)?,
            id: session.id.to_string(),
            expires_at: page.expires_at,
            url: session.url,
        })
    }

    /// Expires the session and returns the state of its payment: canceled, or another one if it was too late.
    pub(crate) async fn expire_session(
        &self,
        open: &OpenPayment,
        page: &HostedPage,
    ) -> Result<PaymentUpdate, StripeFailure> {
        let session = match &page.session {
            Some(session) => session.clone(),
            // Perhaps created, but the response was lost: the same idempotency key returns the same session.
            None => self.create_session(open, page).await?.id.to_string(),
        };
        let client = self.client()?;
        let request = ExpireCheckoutSession::new(session.as_str());
        match with_retries(|| request.send(client)).await {
            Ok(session) => session_update(&session, self.mode),
            // Already expired, or complete: paid, or processing.
            Err(StripeFailure::Refused { status: 400, .. }) => {
                session_update(&self.retrieve_session(&session).await?, self.mode)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn create_session(
        &self,
        open: &OpenPayment,
        page: &HostedPage,
    ) -> Result<CheckoutSession, StripeFailure> {
        let OpenPayment { id, order, amount: Money { minor, currency }, .. } = open;
        let name = format!("Order {order}");
        // Only one entry: a map has no order, and a repeated request must have the same bytes.
        let metadata = HashMap::from([(PAYMENT_ID.to_owned(), id.to_string())]);
        let mut price = CreateCheckoutSessionLineItemsPriceData::new(stripe_currency(*currency));
        price.product_data = Some(ProductData::new(name.clone()));
        price.unit_amount = Some(*minor);
        let mut line = CreateCheckoutSessionLineItems::new();
        (line.price_data, line.quantity) = (Some(price), Some(1));
        // Stripe copies these to the PaymentIntent that it creates, so that its events name our payment.
        let mut intent = CreateCheckoutSessionPaymentIntentData::new();
        (intent.description, intent.metadata) = (Some(name), Some(metadata.clone()));
        // Stripe must not convert the order's total into the buyer's local currency.
        let mut pricing = CreateCheckoutSessionAdaptivePricing::new();
        pricing.enabled = Some(false);
        let not_offered = VOUCHERS.into_iter().filter(|_| !self.offers_vouchers(open));
        // As for PaymentIntents.
        let mut bank_account = CreateCheckoutSessionPaymentMethodOptionsUsBankAccount::new();
        bank_account.verification_method = Some(Verification::Instant);
        let mut options = CreateCheckoutSessionPaymentMethodOptions::new();
        options.us_bank_account = Some(bank_account);
        let create = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Payment)
            .line_items([line])
            .success_url(page.success_url.as_str())
            .cancel_url(page.cancel_url.as_str())
            .expires_at(page.expires_at.unix_timestamp())
            .client_reference_id(order.to_string())
            .metadata(metadata)
            .payment_intent_data(intent)
            .excluded_payment_method_types(
                [NEVER_OFFERED].into_iter().chain(not_offered).collect::<Vec<_>>(),
            )
            .payment_method_options(options)
            .adaptive_pricing(pricing);
        let (client, strategy) = (self.client()?, with_idempotency_key(id)?);
        with_retries(|| create.customize().request_strategy(strategy.clone()).send(client)).await
    }

    async fn retrieve_session(&self, session: &str) -> Result<CheckoutSession, StripeFailure> {
        let client = self.client()?;
        let request = RetrieveCheckoutSession::new(session).expand(["payment_intent".to_owned()]);
        with_retries(|| request.send(client)).await
    }
}

/// The state of the session's payment. Dated with the session's creation, so that every event about it counts as newer.
fn session_update(session: &CheckoutSession, mode: Mode) -> Result<PaymentUpdate, StripeFailure> {
    mode.check(session.livemode, session.id.as_str())?;
    let invalid = |what: &str| StripeFailure::InvalidResponse(format!("{what} of {}", session.id));
    let currency = session.currency.as_ref().map(|code| code.to_string().to_ascii_uppercase());
    let currency = currency.and_then(|code| Currency::from_code(&code));
    let amount = Money {
        minor: session.amount_total.ok_or_else(|| invalid("amount"))?,
        currency: currency.ok_or_else(|| invalid("currency"))?,
    };
    let intent = session.payment_intent.as_ref();
    let update = paid_by(session, mode)?;
    // What was received counts, once something was.
    let amount = update
        .as_ref()
        .filter(|paid| paid.status == Status::Succeeded)
        .map_or(amount, |paid| paid.amount);
    let waits_for = update.as_ref().and_then(|paid| paid.waits_for);
    let at = OffsetDateTime::from_unix_timestamp(session.created);
    let payment = session.metadata.as_ref().and_then(|metadata| metadata.get(PAYMENT_ID));
    Ok(PaymentUpdate {
        provider: intent.map(|intent| intent.id().to_string()),
        session: Some(session.id.to_string()),
        payment: payment.and_then(|id| id.parse().ok()),
        status: payment_status(session, update.map(|paid| paid.status))
            .ok_or_else(|| invalid("status"))?,
        amount,
        decline_code: None,
        waits_for,
        at: at.map_err(|_| invalid("time"))?,
    })
}

/// The state of the session's PaymentIntent, if it is expanded.
fn paid_by(session: &CheckoutSession, mode: Mode) -> Result<Option<PaymentUpdate>, StripeFailure> {
    match session.payment_intent.as_ref() {
        Some(Expandable::Object(intent)) => payment_update(intent, mode).map(Some),
        Some(Expandable::Id(_)) | None => Ok(None),
    }
}

/// None if the session's fields contradict each other. Whether it is paid only its intent says, and what was received.
fn payment_status(session: &CheckoutSession, intent: Option<Status>) -> Option<Status> {
    match session.status.as_ref() {
        Some(CheckoutSessionStatus::Open) => Some(intent.unwrap_or(Status::Creating)),
        Some(CheckoutSessionStatus::Expired) => Some(Status::Canceled),
        Some(CheckoutSessionStatus::Complete) => intent.map(|intent| match intent {
            // The payment failed after the page was closed, and without the client secret nobody can try again.
            Status::RequiresPaymentMethod => Status::Failed,
            other => other,
        }),
        _ => None,
    }
}
