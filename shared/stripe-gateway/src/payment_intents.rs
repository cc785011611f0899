//! Payments with a PaymentIntent, on the shop's own page.

use crate::client::{Stripe, with_idempotency_key, with_retries};
use crate::convert::{payment_update, stripe_currency};
use crate::failure::StripeFailure;
use crate::metadata::PAYMENT_ID;
use domain::money::Money;
use domain::payments::{OpenPayment, PaymentUpdate};
use stripe::StripeRequest;
use stripe_core::payment_intent::{
    CancelPaymentIntent, CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods,
    CreatePaymentIntentPaymentMethodOptions, CreatePaymentIntentPaymentMethodOptionsUsBankAccount,
    CreatePaymentIntentPaymentMethodOptionsUsBankAccountVerificationMethod as Verification,
    RetrievePaymentIntent,
};
use stripe_shared::{PaymentIntent, PaymentIntentExcludedPaymentMethodTypes as NotOffered};

/// Bank transfers, which have no end and need a customer object.
const NEVER_OFFERED: NotOffered = NotOffered::CustomerBalance;
/// The buyer pays these hours or days later, and the order has to wait for them.
const VOUCHERS: [NotOffered; 5] = [
    NotOffered::Boleto,
    NotOffered::Konbini,
    NotOffered::Multibanco,
    NotOffered::Oxxo,
    NotOffered::Pix,
];

/// A PaymentIntent, with the client secret that the buyer's browser pays with. The secret is never stored or logged.
pub struct Intent {
    pub update: PaymentUpdate,
    /// Stripe's id.
    pub id: String,
    pub client_secret: String,
}

impl Stripe {
    /// The PaymentIntent of a payment: retrieved if it exists, else created.
    pub async fn payment_intent(&self, open: &OpenPayment) -> Result<Intent, StripeFailure> {
        let intent = match &open.provider {
            Some(provider) => self.retrieve(provider).await?,
            None => self.create(open).await?,
        };
        let update = payment_update(&intent, self.mode)?;
        let client_secret = intent.client_secret;
        let client_secret = client_secret
            .ok_or_else(|| StripeFailure::InvalidResponse("no client secret".to_owned()))?;
        Ok(Intent { update, id: intent.id.to_string(), client_secret })
    }

    /// The state of a payment, by Stripe's id of its PaymentIntent.
    pub async fn retrieve_payment(&self, provider: &str) -> Result<PaymentUpdate, StripeFailure> {
        payment_update(&self.retrieve(provider).await?, self.mode)
    }

    /// Cancels the PaymentIntent and returns its state: canceled, or another one if it was too late.
    pub(crate) async fn cancel_intent(
        &self,
        open: &OpenPayment,
    ) -> Result<PaymentUpdate, StripeFailure> {
        let provider = match &open.provider {
            Some(provider) => provider.clone(),
            // Perhaps created, but the response was lost: the same idempotency key returns the same intent.
            None => self.create(open).await?.id.to_string(),
        };
        let client = self.client()?;
        let request = CancelPaymentIntent::new(provider.as_str());
        match with_retries(|| request.send(client)).await {
            Ok(intent) => payment_update(&intent, self.mode),
            // Already canceled or succeeded, or processing.
            Err(StripeFailure::Refused { status: 400, .. }) => {
                payment_update(&self.retrieve(&provider).await?, self.mode)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn create(&self, open: &OpenPayment) -> Result<PaymentIntent, StripeFailure> {
        let OpenPayment { id, order, amount: Money { minor, currency }, .. } = open;
        // Only one metadata entry: a map has no order, and a repeated request must have the same bytes.
        let not_offered = VOUCHERS.into_iter().filter(|_| !self.offers_vouchers(open));
        // Else the bank account may be verified by deposits, which take days.
        let mut bank_account = CreatePaymentIntentPaymentMethodOptionsUsBankAccount::new();
        bank_account.verification_method = Some(Verification::Instant);
        let mut options = CreatePaymentIntentPaymentMethodOptions::new();
        options.us_bank_account = Some(bank_account);
        let create = CreatePaymentIntent::new(*minor, stripe_currency(*currency))
            .automatic_payment_methods(CreatePaymentIntentAutomaticPaymentMethods::new(true))
            .excluded_payment_method_types(
                [NEVER_OFFERED].into_iter().chain(not_offered).collect::<Vec<_>>(),
            )
            .payment_method_options(options)
            .description(format!("Order {order}"))
            .metadata([(PAYMENT_ID.to_owned(), id.to_string())]);
        let (client, strategy) = (self.client()?, with_idempotency_key(id)?);
        with_retries(|| create.customize().request_strategy(strategy.clone()).send(client)).await
    }

    async fn retrieve(&self, provider: &str) -> Result<PaymentIntent, StripeFailure> {
        let (client, request) = (self.client()?, RetrievePaymentIntent::new(provider));
        with_retries(|| request.send(client)).await
    }
}
