//! Stripe's API: the client, its mode, retries and idempotency keys.
//!
//! Every request that moves money carries the id of our row as its idempotency key and the same parameters each time,
//! so that repeating it, after whatever crash, moves the money once.

use crate::failure::StripeFailure;
use domain::payments::OpenPayment;
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
pub struct Stripe {
    client: Client,
    /// The mode of the shop.
    pub(crate) mode: Mode,
    key_mode: Mode,
    offers_vouchers: bool,
}

/// Whether real money moves. Objects of one mode do not exist in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Live,
    Test,
}

impl Mode {
    /// From the `livemode` of a setting or an object.
    pub fn from_livemode(livemode: bool) -> Self {
        if livemode { Self::Live } else { Self::Test }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    /// Errs unless an object with this `livemode` is of this mode.
    pub(crate) fn check(self, livemode: bool, object: &str) -> Result<(), StripeFailure> {
        if Self::from_livemode(livemode) == self {
            return Ok(());
        }
        let why = format!("{object} is not of {} mode, as STRIPE_LIVEMODE asks", self.name());
        Err(StripeFailure::Configuration(why))
    }
}

impl Stripe {
    /// For the account of `secret_key`, in the mode of the shop. `url` replaces the address of Stripe's API, for tests;
    /// live keys are refused then.
    ///
    /// A key of the other mode is accepted, but every call with it errs: a function that needs Stripe for a part of its
    /// work goes on with the rest, and a rotated secret mends it.
    pub fn new(secret_key: &str, url: Option<&str>, mode: Mode) -> Result<Self, StripeFailure> {
        let refuse = |why: &str| Err(StripeFailure::Configuration(why.to_owned()));
        if !KEY_PREFIXES.iter().any(|prefix| secret_key.starts_with(prefix)) {
            return refuse("a secret key starts with sk_ or rk_");
        }
        let is_live = LIVE_KEY_PREFIXES.iter().any(|prefix| secret_key.starts_with(prefix));
        let mut builder = ClientBuilder::new(secret_key).timeout(ATTEMPT_TIMEOUT);
        if let Some(url) = url {
            if !url.starts_with("https://") && !url.starts_with("http://") {
                return refuse("STRIPE_API_URL is no URL");
            }
            if is_live {
                return refuse(
                    "a live key is for Stripe itself, not for a stand-in at STRIPE_API_URL",
                );
            }
            builder = builder.url(url);
        }
        let client = builder.build();
        let client = client.map_err(|error| StripeFailure::Configuration(error.to_string()))?;
        let key_mode = Mode::from_livemode(is_live);
        Ok(Self { client, mode, key_mode, offers_vouchers: false })
    }

    /// Whether buyers may pay by voucher, days later. Their orders then wait until the voucher has expired.
    #[must_use]
    pub fn with_vouchers(self, offers_vouchers: bool) -> Self {
        Self { offers_vouchers, ..self }
    }

    /// Whether buyers may pay by voucher.
    pub fn offers_vouchers(&self, open: &OpenPayment) -> bool {
        self.offers_vouchers && open.vouchers
    }

    /// The client. Errs if the key is of the other mode.
    pub(crate) fn client(&self) -> Result<&Client, StripeFailure> {
        self.mode.check(self.key_mode == Mode::Live, "STRIPE_SECRET_KEY")?;
        Ok(&self.client)
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
                Err(failure) if failure.is_transient() => {
                    tracing::warn!(why = %failure, "request to Stripe is retried");
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
