//! The Stripe stand-in: Stripe's API, webhook events and payment pages, in this process and on loopback only.

mod amounts;
mod api;
mod cards;
mod charges;
mod clock;
mod controls;
mod delivery;
mod disputes;
mod error;
mod events;
mod expand;
mod faults;
mod form;
mod hosted;
mod idempotency;
mod intents;
mod json;
mod page;
mod parameters;
mod radar;
mod refunds;
mod reply;
mod server;
mod sessions;
mod state;
#[cfg(test)]
mod tests;
mod transitions;

pub use api::RecordedCall;
pub use cards::Card;
pub use delivery::DeliveryAttempt;
pub use disputes::{DisputeOptions, DisputeOutcome};
pub use error::ApiError;
pub use events::{API_VERSION, signature};
pub use faults::Fault;
pub use form::Metadata;
pub use intents::Status;
pub use parameters::parameters;
pub use refunds::RefundStatus;
pub use reply::Reply;
pub use state::LedgerLine;
pub use transitions::Settlement;

use delivery::Deliveries;
use serde_json::Value;
use state::State;
use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::{AbortHandle, JoinHandle},
};

/// How to start the Stripe stand-in.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A free port if there is none.
    pub port: Option<u16>,
    /// Where events are delivered; may be set later.
    pub webhook: Option<WebhookEndpoint>,
}

/// The webhook endpoint of the shop.
#[derive(Clone, Debug)]
pub struct WebhookEndpoint {
    pub url: String,
    /// The signing secrets: one, or two during a rotation. Each signs every event.
    pub secrets: Vec<String>,
}

/// The running Stripe stand-in. It stops when this is dropped.
pub struct StandIn {
    shared: Shared,
    url: String,
    delivery_task: AbortHandle,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<io::Result<()>>>,
}

type Shared = Arc<Mutex<State>>;

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl StandIn {
    /// Starts it on 127.0.0.1. Fails if the port is taken.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port.unwrap_or(0))).await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let (deliveries, receiver) = Deliveries::new(options.webhook);
        let shared = Arc::new(Mutex::new(State::new(url.clone(), deliveries)));
        let delivery_task = tokio::spawn(delivery::deliver(Arc::clone(&shared), receiver));
        let (stop, stopped) = oneshot::channel();
        let server = axum::serve(listener, server::service(Arc::clone(&shared)))
            .with_graceful_shutdown(async {
                stopped.await.ok();
            });
        Ok(Self {
            shared,
            url,
            delivery_task: delivery_task.abort_handle(),
            stop: Some(stop),
            server: Some(tokio::spawn(async move { server.await })),
        })
    }

    /// The base URL, with a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of the page on which a customer pays an intent.
    pub fn pay_page(&self, intent: &str) -> String {
        format!("{}pay/{intent}", self.url)
    }

    /// From now on events are delivered to `url`, signed with each of the secrets.
    pub fn set_webhook<S: Into<String>>(
        &self,
        url: impl Into<String>,
        secrets: impl IntoIterator<Item = S>,
    ) {
        lock(&self.shared).deliveries.endpoint = Some(WebhookEndpoint {
            url: url.into(),
            secrets: secrets.into_iter().map(Into::into).collect(),
        });
    }

    /// Stops it. Calls in progress are completed; events are no longer delivered.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            server.await.ok();
        }
    }

    /// Injects a fault into the next call or event. Several faults occur one after the other.
    pub fn inject(&self, fault: Fault) {
        self.inject_on("", fault);
    }

    /// Injects a fault into the next call or event whose name contains `filter`, such as `POST /v1/refunds` or
    /// `refund.created`.
    pub fn inject_on(&self, filter: &str, fault: Fault) {
        lock(&self.shared).faults.push(filter, fault);
    }

    /// Delivers the events that `Hold` and `Reorder` hold back, and ends `Hold`.
    pub fn release(&self) {
        let mut state = lock(&self.shared);
        state.faults.end_holds();
        state.deliveries.release();
    }

    /// Waits until every event is delivered or given up. Events that faults hold back do not count.
    pub async fn idle(&self) {
        let mut outstanding = lock(&self.shared).deliveries.subscribe();
        // Cannot fail: the sender lives in the state.
        outstanding.wait_for(|count| *count == 0).await.ok();
    }

    /// The amounts of every payment intent, in the order of creation.
    pub fn ledger(&self) -> Vec<LedgerLine> {
        lock(&self.shared).ledger()
    }

    /// All events so far, oldest first.
    pub fn events(&self) -> Vec<Value> {
        lock(&self.shared).events.iter().cloned().collect()
    }

    /// All attempts to deliver events so far.
    pub fn deliveries(&self) -> Vec<DeliveryAttempt> {
        lock(&self.shared).deliveries.log.clone()
    }

    /// All API calls so far.
    pub fn calls(&self) -> Vec<RecordedCall> {
        lock(&self.shared).calls.clone()
    }

    /// From now on only this secret key is accepted, as after the rotation of a key.
    pub fn accept_only_key(&self, secret_key: &str) {
        lock(&self.shared).only_secret = Some(secret_key.to_owned());
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.delivery_task.abort();
    }
}
