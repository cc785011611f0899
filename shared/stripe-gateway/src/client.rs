//! Stripe's API: the client, its errors, retries and idempotency keys.
//!
//! Every request that moves money carries the id of our row as its idempotency key and the same parameters each time,
//! so that repeating it, after whatever crash, moves the money once.

use std::time::Duration;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError};

/// Prefixes of keys for live mode: unrestricted and restricted ones.
const LIVE_KEY_PREFIXES: [&str; 2] = ["sk_live_", "rk_live_"];
/// Prefixes of secret keys: unrestricted and restricted ones.
const KEY_PREFIXES: [&str; 2] = ["sk_", "rk_"];
/// For one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// For all attempts. Less than a function's timeout, so that the caller gets a response.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(8);
/// The longest pause before the second and before the third attempt.
const MAX_PAUSES_MS: [u64; 2] = [200, 600];
/// The most items that Stripe returns in one page of a list.
pub(crate) const PAGE_LIMIT: i64 = 100;

/// A client of Stripe's API, for one account.
#[derive(Clone, Debug)]
pub struct Stripe(pub(crate) Client);

#[derive(Debug, thiserror::Error)]
pub enum StripeFailure {
    /// The same request will be refused again.
    #[error("Stripe refuses ({status} {code}): {message}")]
    Refused { status: u16, code: String, message: String },
    /// It is unknown whether the request was processed: repeat it with the same idempotency key.
    #[error("Stripe did not answer: {0}")]
    Unavailable(String),
    /// The response lacks or contradicts something that we rely on.
    #[error("invalid response of Stripe: {0}")]
    InvalidResponse(String),
    /// The secret key or the URL is wrong.
    #[error("{0}")]
    Configuration(String),
}

impl StripeFailure {
    /// Whether the request can never succeed. Not so for a refused API key (401, 403), which an operator can replace.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused { status: 400 | 402 | 404, .. })
    }
}

impl Stripe {
    /// For the account of `secret_key`. `url` replaces the address of Stripe's API, for tests; live keys are refused
    /// then.
    pub fn new(secret_key: &str, url: Option<&str>) -> Result<Self, StripeFailure> {
        let refuse = |why: &str| Err(StripeFailure::Configuration(why.to_owned()));
        if !KEY_PREFIXES.iter().any(|prefix| secret_key.starts_with(prefix)) {
            return refuse("a secret key starts with sk_ or rk_");
        }
        let mut builder = ClientBuilder::new(secret_key).timeout(ATTEMPT_TIMEOUT);
        if let Some(url) = url {
            if !url.starts_with("https://") && !url.starts_with("http://") {
                return refuse("STRIPE_API_URL is no URL");
            }
            if LIVE_KEY_PREFIXES.iter().any(|prefix| secret_key.starts_with(prefix)) {
                return refuse(
                    "a live key is for Stripe itself, not for a stand-in at STRIPE_API_URL",
                );
            }
            builder = builder.url(url);
        }
        let client = builder.build();
        Ok(Self(client.map_err(|error| StripeFailure::Configuration(error.to_string()))?))
    }
}

/// Sends `key` as the `Idempotency-Key`. Without retries of the library, which would use a new key for each attempt.
pub(crate) fn with_idempotency_key(key: &impl ToString) -> Result<RequestStrategy, StripeFailure> {
    let key = IdempotencyKey::new(key.to_string());
    let key = key.map_err(|error| StripeFailure::InvalidResponse(error.to_string()))?;
    Ok(RequestStrategy::Idempotent(key))
}

/// Up to three attempts while Stripe is unavailable, with pauses of random length between them.
pub(crate) async fn with_retries<T, F>(send: impl Fn() -> F) -> Result<T, StripeFailure>
where
    F: Future<Output = Result<T, StripeError>>,
{
    // Boxed, because a response is large and would be part of the future of every caller.
    let attempts = Box::pin(async {
        for max_pause in MAX_PAUSES_MS {
            match send().await.map_err(StripeFailure::from) {
                Err(StripeFailure::Unavailable(why)) => {
                    tracing::warn!(why, "request to Stripe is retried");
                    let pause = Duration::from_millis(fastrand::u64(0..=max_pause));
                    tokio::time::sleep(pause).await;
                }
                done => return done,
            }
        }
        Ok(send().await?)
    });
    let out_of_time = |_| StripeFailure::Unavailable("out of time".to_owned());
    tokio::time::timeout(TOTAL_TIMEOUT, attempts).await.map_err(out_of_time)?
}

impl From<StripeError> for StripeFailure {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Stripe(error, status) if matches!(status, 409 | 424 | 429 | 500..) => {
                Self::Unavailable(format!("{status} {}", error.message.unwrap_or_default()))
            }
            StripeError::Stripe(error, status) => {
                let code = error.code.map(|code| code.as_str().to_owned()).unwrap_or_default();
                Self::Refused { status, code, message: error.message.unwrap_or_default() }
            }
            StripeError::JSONDeserialize(why) => Self::InvalidResponse(why),
            StripeError::ConfigError(why) => Self::Configuration(why),
            StripeError::ClientError(why) => Self::Unavailable(why),
            StripeError::Timeout => Self::Unavailable("timeout".to_owned()),
        }
    }
}
