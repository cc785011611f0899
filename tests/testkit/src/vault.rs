//! A store of secrets that can be away, as Secrets Manager can, and a time that only secrets know.

use futures_util::FutureExt as _;
use lambda::config::{Clock, Secret};
use std::cell::Cell;
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use time::Duration;

thread_local! {
    /// A test has a thread of its own, and a clock is a plain function.
    static LATER: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Holds one secret, unless it is away.
#[derive(Clone)]
pub struct Vault(Arc<Mutex<Option<String>>>);

impl Vault {
    pub fn with(text: &str) -> Self {
        Self(Arc::new(Mutex::new(Some(text.to_owned()))))
    }

    /// What a function gets at its start.
    pub async fn secret<T, E: Display>(
        &self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, E> + Send + Sync + 'static,
    ) -> Secret<T> {
        let Self(kept) = self.clone();
        let fetch = move || {
            let text = kept.lock().unwrap().clone().ok_or("the store is away".into());
            std::future::ready(text).boxed()
        };
        let read = move |text: &str| read(text).map_err(|why| why.to_string().into());
        let clock = Clock(|| crate::clock().now() + LATER.get());
        Secret::fetched(name, fetch, read, clock).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// From now on nobody gets it.
    pub fn goes_away(&self) {
        *self.0.lock().unwrap() = None;
    }

    /// From now on it is this.
    pub fn holds(&self, text: &str) {
        *self.0.lock().unwrap() = Some(text.to_owned());
    }

    /// For secrets only, and for those of this test.
    pub fn time_passes(by: Duration) {
        LATER.set(LATER.get() + by);
    }
}
