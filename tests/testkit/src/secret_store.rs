//! A fake Secrets Manager that can be unavailable, with a clock that tests can advance.

use futures_util::FutureExt as _;
use lambda::config::{Clock, Secret};
use std::cell::Cell;
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use time::Duration;

thread_local! {
    /// What is added to the time. Thread-local, since every test has its own thread and a clock is a plain function.
    static OFFSET: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Holds one secret; none while it is unavailable.
#[derive(Clone)]
pub struct SecretStore(Arc<Mutex<Option<String>>>);

impl SecretStore {
    pub fn with(text: &str) -> Self {
        Self(Arc::new(Mutex::new(Some(text.to_owned()))))
    }

    /// The secret as a function gets it at its start.
    pub async fn secret<T, E: Display>(
        &self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, E> + Send + Sync + 'static,
    ) -> Secret<T> {
        let Self(stored) = self.clone();
        let fetch = move || {
            let text = stored.lock().unwrap().clone().ok_or("the store is away".into());
            std::future::ready(text).boxed()
        };
        let read = move |text: &str| read(text).map_err(|why| why.to_string().into());
        let clock = Clock(|| crate::clock().now() + OFFSET.get());
        Secret::fetched(name, fetch, read, clock).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// From now on fetching the secret fails.
    pub fn make_unavailable(&self) {
        *self.0.lock().unwrap() = None;
    }

    /// Changes the secret, and makes it available.
    pub fn set(&self, text: &str) {
        *self.0.lock().unwrap() = Some(text.to_owned());
    }

    /// Advances the clock of the secrets of this test.
    pub fn advance_clock(by: Duration) {
        OFFSET.set(OFFSET.get() + by);
    }
}
