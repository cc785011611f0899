//! Secrets that may be replaced while a function runs, and how long the last one goes on if their store is away.

use super::Clock;
use crate::Error;
use domain::failure::chain;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

/// How long a value is kept before it is asked for again, so that a rotated secret needs no deploy.
const FRESH: Duration = Duration::minutes(5);
/// How much longer the last value goes on while Secrets Manager is away. Beyond that a secret that was taken back for a
/// reason would still be used.
const STALE: Duration = Duration::minutes(15);
/// How often a store that is away is asked while the last value goes on: each time costs a request.
const PAUSE: Duration = Duration::minutes(1);
/// How long a request waits for a new value: it is not about secrets.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

type Fetch = dyn Fn() -> BoxFuture<'static, Result<String, Error>> + Send + Sync;
type Read<T> = dyn Fn(&str) -> Result<T, Error> + Send + Sync;

/// Something made of a secret, and made again when the secret has been rotated.
pub struct Secret<T>(Arc<Kept<T>>);

/// A secret that could not be asked for since its last value became too old to be used.
#[derive(Debug, thiserror::Error)]
#[error("{name} is too old to be used, and cannot be had anew")]
pub struct SecretExpired {
    name: &'static str,
    #[source]
    why: Error,
}

enum Kept<T> {
    /// It cannot change.
    Fixed(Arc<T>),
    Fetched(Origin<T>, Mutex<Held<T>>),
}

struct Origin<T> {
    /// What it is for, as the variables call it.
    name: &'static str,
    fetch: Box<Fetch>,
    read: Box<Read<T>>,
    clock: Clock,
}

struct Held<T> {
    value: Arc<T>,
    since: OffsetDateTime,
    asked: OffsetDateTime,
}

/// What a value is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Fresh,
    /// Good as long as there is no other.
    Stale,
    Over,
}

impl<T> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> From<T> for Secret<T> {
    /// One that never changes.
    fn from(value: T) -> Self {
        Self(Arc::new(Kept::Fixed(Arc::new(value))))
    }
}

impl<T> Secret<T> {
    /// One that is asked for at once, and again when it is no longer fresh. `name` says in the log what it is for.
    pub async fn fetched(
        name: &'static str,
        fetch: impl Fn() -> BoxFuture<'static, Result<String, Error>> + Send + Sync + 'static,
        read: impl Fn(&str) -> Result<T, Error> + Send + Sync + 'static,
        clock: Clock,
    ) -> Result<Self, Error> {
        let since = clock.now();
        let value = Arc::new(read(&fetch().await?)?);
        let origin = Origin { name, fetch: Box::new(fetch), read: Box::new(read), clock };
        let held = Held { value, since, asked: since };
        Ok(Self(Arc::new(Kept::Fetched(origin, Mutex::new(held)))))
    }

    /// The value as it is, five minutes old at most. While it cannot be had, the last one goes on for fifteen more.
    pub async fn now(&self) -> Result<Arc<T>, SecretExpired> {
        let (origin, held) = match &*self.0 {
            Kept::Fixed(value) => return Ok(Arc::clone(value)),
            Kept::Fetched(origin, held) => (origin, held),
        };
        let mut held = held.lock().await;
        let now = origin.clock.now();
        let life = Life::at(now - held.since);
        let asked_just_now = (now - held.asked).abs() < PAUSE;
        if life == Life::Fresh || (life == Life::Stale && asked_just_now) {
            return Ok(Arc::clone(&held.value));
        }
        // Before it is asked for: whoever gives up waiting has asked.
        held.asked = now;
        match origin.make().await {
            Ok(value) => *held = Held { value: Arc::new(value), since: now, asked: now },
            Err(why) if life == Life::Stale => tracing::warn!(
                error = chain(&*why),
                "could not refresh {}; the last value goes on",
                origin.name
            ),
            Err(why) => return Err(SecretExpired { name: origin.name, why }),
        }
        Ok(Arc::clone(&held.value))
    }
}

impl<T> Origin<T> {
    async fn make(&self) -> Result<T, Error> {
        let text = tokio::time::timeout(PATIENCE, (self.fetch)()).await;
        (self.read)(&text.map_err(|_| "Secrets Manager takes too long")??)
    }
}

impl Life {
    /// A clock that was set back makes an age below zero, which tells as little as one that is as much above.
    fn at(age: Duration) -> Self {
        let age = age.abs();
        if age < FRESH {
            Self::Fresh
        } else if age <= FRESH + STALE {
            Self::Stale
        } else {
            Self::Over
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
        for (age, life) in [
            (Duration::ZERO, Life::Fresh),
            (Duration::minutes(5) - second, Life::Fresh),
            (Duration::minutes(5), Life::Stale),
            (Duration::minutes(20), Life::Stale),
            (Duration::minutes(20) + second, Life::Over),
        ] {
            assert_eq!(Life::at(age), life, "{age}");
            assert_eq!(Life::at(-age), life, "a clock that was set back by {age}");
        }
    }

    /// How often the store was asked, and what it says.
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
        let read = |text: &str| match text {
            "torn" => Err("KEY cannot be used: it is torn".into()),
            text => Ok(text.to_owned()),
        };
        Secret::fetched("KEY", fetch, read, clock)
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_asked_once_a_minute_until_the_value_is_too_old() {
        static MINUTE: AtomicI64 = AtomicI64::new(0);
        let clock =
            Clock(|| OffsetDateTime::UNIX_EPOCH + Duration::minutes(MINUTE.load(Ordering::SeqCst)));
        let store = Arc::new(Store(AtomicUsize::new(0), Mutex::new(Ok("a"))));
        let secret = secret_of(&store, clock).await.unwrap();
        let now = async |minute| {
            MINUTE.store(minute, Ordering::SeqCst);
            let value = secret.now().await.map(|value| value.to_string());
            (value.map_err(|error| chain(&error)), store.0.load(Ordering::SeqCst))
        };

        *store.1.lock().await = Err("away");
        let a = || Ok("a".to_owned());
        for (minute, asked) in [(4, 1), (5, 2), (5, 2), (6, 3), (20, 4), (20, 4)] {
            assert_eq!(now(minute).await, (a(), asked), "{minute}");
        }
        let why = "KEY is too old to be used, and cannot be had anew: away";
        for asked in [5, 6] {
            assert_eq!(now(21).await, (Err(why.to_owned()), asked));
        }
        *store.1.lock().await = Ok("torn");
        let why =
            "KEY is too old to be used, and cannot be had anew: KEY cannot be used: it is torn";
        assert_eq!(now(21).await, (Err(why.to_owned()), 7));
        *store.1.lock().await = Ok("b");
        assert_eq!(now(21).await, (Ok("b".to_owned()), 8));
        assert_eq!(now(25).await, (Ok("b".to_owned()), 8));
    }

    #[tokio::test]
    async fn a_store_that_falls_silent_is_away() {
        static MINUTE: AtomicI64 = AtomicI64::new(0);
        let clock =
            Clock(|| OffsetDateTime::UNIX_EPOCH + Duration::minutes(MINUTE.load(Ordering::SeqCst)));
        let store = Arc::new(Store(AtomicUsize::new(0), Mutex::new(Ok("a"))));
        let secret = secret_of(&store, clock).await.unwrap();
        // Whoever is asked waits for it.
        let _silent = store.1.lock().await;
        MINUTE.store(5, Ordering::SeqCst);

        assert_eq!(*secret.now().await.unwrap(), "a");
    }
}
