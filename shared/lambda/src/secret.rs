//! Secrets that may be rotated while a function runs: cached, fetched again, and used a while longer if the fetch
//! fails.

use crate::environment::Clock;
use domain::failure::chain;
use futures_util::future::BoxFuture;
use lambda_http::Error;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

/// How long a value is used before it is fetched again, so that a rotation needs no deploy.
const FRESH_FOR: Duration = Duration::minutes(5);
/// How much longer a value may be used while fetching fails. Limited, because the old secret may have been revoked.
const STALE_FOR: Duration = Duration::minutes(15);
/// The shortest time between two fetches of a stale value. Each one delays a request by up to [`FETCH_TIMEOUT`].
const RETRY_INTERVAL: Duration = Duration::minutes(1);
/// How long a request waits for a fetch.
const FETCH_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(2);

type Fetch = dyn Fn() -> BoxFuture<'static, Result<String, Error>> + Send + Sync;
type Parse<T> = dyn Fn(&str) -> Result<T, Error> + Send + Sync;

/// A value parsed from a secret, and parsed again after the secret was rotated.
pub struct Secret<T>(Arc<Inner<T>>);

/// The cached value is too old to be used, and fetching a new one failed.
#[derive(Debug, thiserror::Error)]
#[error("{name} has expired and could not be fetched again")]
pub struct SecretExpired {
    name: &'static str,
    #[source]
    why: Error,
}

enum Inner<T> {
    /// From an environment variable: cannot change while the process runs.
    Fixed(Arc<T>),
    Fetched(Source<T>, Mutex<Cached<T>>),
}

struct Source<T> {
    /// The environment variable that the secret stands for, for error messages.
    name: &'static str,
    fetch: Box<Fetch>,
    parse: Box<Parse<T>>,
    clock: Clock,
}

struct Cached<T> {
    value: Arc<T>,
    fetched_at: OffsetDateTime,
    /// The last attempt to fetch, successful or not.
    tried_at: OffsetDateTime,
}

/// What may be done with a cached value of some age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freshness {
    Fresh,
    /// Used only if fetching a new one fails.
    Stale,
    Expired,
}

impl<T> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> From<T> for Secret<T> {
    /// A value that never changes.
    fn from(value: T) -> Self {
        Self(Arc::new(Inner::Fixed(Arc::new(value))))
    }
}

impl<T> Secret<T> {
    /// Fetches and parses the secret now, and again when the value is no longer fresh. `name` is for error messages.
    /// Errs if the first fetch fails.
    pub async fn fetched(
        name: &'static str,
        fetch: impl Fn() -> BoxFuture<'static, Result<String, Error>> + Send + Sync + 'static,
        parse: impl Fn(&str) -> Result<T, Error> + Send + Sync + 'static,
        clock: Clock,
    ) -> Result<Self, Error> {
        let now = clock.now();
        let value = Arc::new(parse(&fetch().await?)?);
        let source = Source { name, fetch: Box::new(fetch), parse: Box::new(parse), clock };
        let cached = Cached { value, fetched_at: now, tried_at: now };
        Ok(Self(Arc::new(Inner::Fetched(source, Mutex::new(cached)))))
    }

    /// The value, fetched at most five minutes ago; while fetching fails, at most twenty minutes ago. Errs after that.
    pub async fn current(&self) -> Result<Arc<T>, SecretExpired> {
        let (source, cached) = match &*self.0 {
            Inner::Fixed(value) => return Ok(Arc::clone(value)),
            Inner::Fetched(source, cached) => (source, cached),
        };
        let mut cached = cached.lock().await;
        let now = source.clock.now();
        let freshness = Freshness::at(now - cached.fetched_at);
        let tried_recently = (now - cached.tried_at).abs() < RETRY_INTERVAL;
        if freshness == Freshness::Fresh || (freshness == Freshness::Stale && tried_recently) {
            return Ok(Arc::clone(&cached.value));
        }
        // Set before the fetch: the caller may be cancelled during it, and that attempt counts too.
        cached.tried_at = now;
        match source.fetch().await {
            Ok(value) => {
                *cached = Cached { value: Arc::new(value), fetched_at: now, tried_at: now };
            }
            Err(why) if freshness == Freshness::Stale => tracing::warn!(
                error = chain(&*why),
                "could not refresh {}; the cached value is used",
                source.name
            ),
            Err(why) => return Err(SecretExpired { name: source.name, why }),
        }
        Ok(Arc::clone(&cached.value))
    }
}

impl<T> Source<T> {
    async fn fetch(&self) -> Result<T, Error> {
        let text = tokio::time::timeout(FETCH_TIMEOUT, (self.fetch)()).await;
        (self.parse)(&text.map_err(|_| "Secrets Manager did not answer in time")??)
    }
}

impl Freshness {
    /// By the size of the age alone: it is negative after the clock was set back, and then as unreliable as a large
    /// one.
    fn at(age: Duration) -> Self {
        let age = age.abs();
        if age < FRESH_FOR {
            Self::Fresh
        } else if age <= FRESH_FOR + STALE_FOR {
            Self::Stale
        } else {
            Self::Expired
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

    #[test]
    fn a_value_is_fresh_for_five_minutes_and_good_for_fifteen_more() {
        let second = Duration::SECOND;
        for (age, expected) in [
            (Duration::ZERO, Freshness::Fresh),
            (Duration::minutes(5) - second, Freshness::Fresh),
            (Duration::minutes(5), Freshness::Stale),
            (Duration::minutes(20), Freshness::Stale),
            (Duration::minutes(20) + second, Freshness::Expired),
        ] {
            assert_eq!(Freshness::at(age), expected, "{age}");
            assert_eq!(Freshness::at(-age), expected, "the clock was set back by {age}");
        }
    }

    /// The number of fetches so far, and what a fetch returns.
    struct Store(AtomicUsize, Mutex<Result<&'static str, &'static str>>);

    fn secret_of(
        store: &Arc<Store>,
        clock: Clock,
    ) -> impl Future<Output = Result<Secret<String>, Error>> {
        let store = Arc::clone(store);
        let fetch = move || {
            let store = Arc::clone(&store);
            async move {
                store.0.fetch_add(1, Ordering::SeqCst);
                Ok((*store.1.lock().await)?.to_owned())
            }
            .boxed()
        };
        let parse = |text: &str| match text {
            "malformed" => Err("KEY cannot be used: malformed".into()),
            text => Ok(text.to_owned()),
        };
        Secret::fetched("KEY", fetch, parse, clock)
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_asked_once_a_minute_until_the_value_is_too_old() {
        static MINUTE: AtomicI64 = AtomicI64::new(0);
        let clock =
            Clock(|| OffsetDateTime::UNIX_EPOCH + Duration::minutes(MINUTE.load(Ordering::SeqCst)));
        let store = Arc::new(Store(AtomicUsize::new(0), Mutex::new(Ok("a"))));
        let secret = secret_of(&store, clock).await.unwrap();
        let at = async |minute| {
            MINUTE.store(minute, Ordering::SeqCst);
            let value = secret.current().await.map(|value| value.to_string());
            (value.map_err(|error| chain(&error)), store.0.load(Ordering::SeqCst))
        };

        *store.1.lock().await = Err("unavailable");
        let a = || Ok("a".to_owned());
        for (minute, fetches) in [(4, 1), (5, 2), (5, 2), (6, 3), (20, 4), (20, 4)] {
            assert_eq!(at(minute).await, (a(), fetches), "{minute}");
        }
        let why = "KEY has expired and could not be fetched again: unavailable";
        for fetches in [5, 6] {
            assert_eq!(at(21).await, (Err(why.to_owned()), fetches));
        }
        *store.1.lock().await = Ok("malformed");
        let why = "KEY has expired and could not be fetched again: KEY cannot be used: malformed";
        assert_eq!(at(21).await, (Err(why.to_owned()), 7));
        *store.1.lock().await = Ok("b");
        assert_eq!(at(21).await, (Ok("b".to_owned()), 8));
        assert_eq!(at(25).await, (Ok("b".to_owned()), 8));
    }

    #[tokio::test]
    async fn a_store_that_falls_silent_is_away() {
        static MINUTE: AtomicI64 = AtomicI64::new(0);
        let clock =
            Clock(|| OffsetDateTime::UNIX_EPOCH + Duration::minutes(MINUTE.load(Ordering::SeqCst)));
        let store = Arc::new(Store(AtomicUsize::new(0), Mutex::new(Ok("a"))));
        let secret = secret_of(&store, clock).await.unwrap();
        // A fetch waits for this lock.
        let _silent = store.1.lock().await;
        MINUTE.store(5, Ordering::SeqCst);

        assert_eq!(*secret.current().await.unwrap(), "a");
    }
}
