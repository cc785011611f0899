//! What we ask of Stripe.
//!
//! Every wish to move money carries the id of our row as its idempotency key and the same parameters each
//! time, so that asking again, after whatever crash, moves it once.

use crate::look;
use crate::notice::{PAYMENT_ID, REFUND_ID};
use domain::money::{Currency, Money};
use domain::payment::refund::{DueRefund, RefundTold};
use domain::payment::{Open, Status, Told};
use std::time::Duration;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods,
    RetrievePaymentIntent,
};
use stripe_core::refund::CreateRefund;
use stripe_shared::PaymentIntent;
use time::OffsetDateTime;

/// Keys that move real money: unrestricted and restricted ones.
const LIVE_KEYS: [&str; 2] = ["sk_live_", "rk_live_"];
/// How secret keys begin: unrestricted and restricted ones.
const KEYS: [&str; 2] = ["sk_", "rk_"];
const ONE_TRY: Duration = Duration::from_secs(5);
/// Less than a function's timeout, so that the caller gets an answer.
const ALL_TRIES: Duration = Duration::from_secs(8);
const PAUSES_MS: [u64; 2] = [200, 600];

/// Stripe's API.
#[derive(Clone, Debug)]
pub struct Stripe(pub(crate) Client);

/// A PaymentIntent, and the secret with which the buyer's browser pays it. Never stored, never logged.
pub struct Intent {
    pub told: Told,
    /// Stripe's id of it.
    pub id: String,
    pub client_secret: String,
}

#[derive(Debug, thiserror::Error)]
pub enum StripeFailure {
    /// Final: the same wish will be refused again.
    #[error("Stripe refuses ({status} {code}): {message}")]
    Refused { status: u16, code: String, message: String },
    /// Nobody knows whether it was done: ask again under the same key.
    #[error("Stripe did not answer: {0}")]
    Away(String),
    #[error("Stripe's answer makes no sense: {0}")]
    Nonsense(String),
    #[error("{0}")]
    Configuration(String),
}

impl StripeFailure {
    /// Whether the wish can never be granted. A refusal of our key is not that: it is ours to mend.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused { status: 400 | 402 | 404, .. })
    }
}

impl Stripe {
    /// `url` points at another Stripe than the real one.
    pub fn new(secret_key: &str, url: Option<&str>) -> Result<Self, StripeFailure> {
        let refuse = |why: &str| Err(StripeFailure::Configuration(why.to_owned()));
        if !KEYS.iter().any(|start| secret_key.starts_with(start)) {
            return refuse("a secret key starts with sk_ or rk_");
        }
        let mut builder = ClientBuilder::new(secret_key).timeout(ONE_TRY);
        if let Some(url) = url {
            if !url.starts_with("https://") && !url.starts_with("http://") {
                return refuse("STRIPE_API_URL is no URL");
            }
            if LIVE_KEYS.iter().any(|live| secret_key.starts_with(live)) {
                return refuse(
                    "a live key is for Stripe itself, not for a stand-in at STRIPE_API_URL",
                );
            }
            builder = builder.url(url);
        }
        let client = builder.build();
        Ok(Self(client.map_err(|error| StripeFailure::Configuration(error.to_string()))?))
    }

    /// The intent of a payment: the one that Stripe knows, or a new one.
    pub async fn open(&self, open: &Open) -> Result<Intent, StripeFailure> {
        let intent = match &open.provider {
            Some(provider) => self.retrieve(provider).await?,
            None => self.create(open).await?,
        };
        let told = told(&intent)?;
        let secret = intent.client_secret;
        let client_secret =
            secret.ok_or_else(|| StripeFailure::Nonsense("no secret".to_owned()))?;
        Ok(Intent { told, id: intent.id.to_string(), client_secret })
    }

    /// Sees to it that a payment can take no more money, and says where it stands then: canceled, or too far for that.
    pub async fn cancel(&self, open: &Open) -> Result<Told, StripeFailure> {
        if let Some(checkout) = &open.checkout {
            return self.expire(open, checkout).await;
        }
        let provider = match &open.provider {
            Some(provider) => provider.clone(),
            // We died between the wish and the answer: the same wish brings the same intent.
            None => self.create(open).await?.id.to_string(),
        };
        let request = CancelPaymentIntent::new(provider.as_str());
        match patiently(|| request.send(&self.0)).await {
            Ok(intent) => told(&intent),
            // Canceled before, succeeded meanwhile, or processing.
            Err(StripeFailure::Refused { status: 400, .. }) => {
                told(&self.retrieve(&provider).await?)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Gives money back, and says what became of it. Looks first whether it was given, if that is in doubt.
    pub async fn refund(&self, due: &DueRefund) -> Result<RefundTold, StripeFailure> {
        if due.is_doubtful()
            && let Some(told) = self.given(due).await?
        {
            return Ok(told);
        }
        let refund = CreateRefund::new()
            .payment_intent(due.provider.as_str())
            .amount(due.amount.minor)
            .metadata([(REFUND_ID.to_owned(), due.id.to_string())]);
        let under = under(&due.key())?;
        let refund =
            patiently(|| refund.customize().request_strategy(under.clone()).send(&self.0)).await?;
        look::refund_told(&refund, due.provider.clone())
    }

    async fn create(&self, open: &Open) -> Result<PaymentIntent, StripeFailure> {
        let Open { id, order, amount: Money { minor, currency }, .. } = open;
        // One entry only: a map has no order, and the same wish must be the same bytes.
        let create = CreatePaymentIntent::new(*minor, stripe_currency(*currency))
            .automatic_payment_methods(CreatePaymentIntentAutomaticPaymentMethods::new(true))
            .description(format!("Order {order}"))
            .metadata([(PAYMENT_ID.to_owned(), id.to_string())]);
        let under = under(id)?;
        patiently(|| create.customize().request_strategy(under.clone()).send(&self.0)).await
    }

    pub(crate) async fn retrieve(&self, provider: &str) -> Result<PaymentIntent, StripeFailure> {
        let request = RetrievePaymentIntent::new(provider);
        patiently(|| request.send(&self.0)).await
    }
}

/// The strategies of the library that try again take a key of their own each time; ours is the row's.
pub(crate) fn under(row: &impl ToString) -> Result<RequestStrategy, StripeFailure> {
    let key = IdempotencyKey::new(row.to_string());
    let key = key.map_err(|error| StripeFailure::Nonsense(error.to_string()))?;
    Ok(RequestStrategy::Idempotent(key))
}

/// Up to three tries, with growing pauses of random length between.
pub(crate) async fn patiently<T, F>(ask: impl Fn() -> F) -> Result<T, StripeFailure>
where
    F: Future<Output = Result<T, StripeError>>,
{
    // An intent is a large thing, and would be part of every future that awaits it.
    let tries = Box::pin(async {
        for pause in PAUSES_MS {
            match ask().await.map_err(StripeFailure::from) {
                Err(StripeFailure::Away(why)) => {
                    tracing::warn!(why, "Stripe is asked again");
                    let pause = Duration::from_millis(fastrand::u64(0..=pause));
                    tokio::time::sleep(pause).await;
                }
                done => return done,
            }
        }
        Ok(ask().await?)
    });
    let out_of_time = |_| StripeFailure::Away("out of time".to_owned());
    tokio::time::timeout(ALL_TRIES, tries).await.map_err(out_of_time)?
}

impl From<StripeError> for StripeFailure {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Stripe(said, status) if matches!(status, 409 | 424 | 429 | 500..) => {
                Self::Away(format!("{status} {}", said.message.unwrap_or_default()))
            }
            StripeError::Stripe(said, status) => {
                let code = said.code.map(|code| code.as_str().to_owned()).unwrap_or_default();
                Self::Refused { status, code, message: said.message.unwrap_or_default() }
            }
            StripeError::JSONDeserialize(why) => Self::Nonsense(why),
            StripeError::ConfigError(why) => Self::Configuration(why),
            StripeError::ClientError(why) => Self::Away(why),
            StripeError::Timeout => Self::Away("timeout".to_owned()),
        }
    }
}

pub(crate) fn stripe_currency(currency: Currency) -> stripe_types::Currency {
    let Ok(currency) = currency.code().to_ascii_lowercase().parse();
    currency
}

/// What an intent says about our payment. As old as the intent: what an event says later is newer.
pub(crate) fn told(intent: &PaymentIntent) -> Result<Told, StripeFailure> {
    let nonsense = |what: &str| StripeFailure::Nonsense(format!("{what} of {}", intent.id));
    let currency = Currency::from_code(&intent.currency.to_string().to_ascii_uppercase());
    let amount =
        Money { minor: intent.amount, currency: currency.ok_or_else(|| nonsense("currency"))? };
    let status = Status::from_name(intent.status.as_str()).ok_or_else(|| nonsense("status"))?;
    let at = OffsetDateTime::from_unix_timestamp(intent.created);
    Ok(Told {
        provider: Some(intent.id.to_string()),
        session: None,
        payment: intent.metadata.get(PAYMENT_ID).and_then(|id| id.parse().ok()),
        status,
        amount,
        at: at.map_err(|_| nonsense("time"))?,
    })
}
