//! The Stripe stand-in: Stripe's API, webhook events and payment pages, in this process and on loopback only.

mod api;
mod cards;
mod charges;
mod delivery;
mod disputes;
mod error;
mod events;
mod faults;
mod form;
mod hosted;
mod idempotency;
mod intents;
mod page;
mod refunds;
mod server;
mod sessions;
mod state;
#[cfg(test)]
mod tests;
mod transitions;

pub use api::RecordedCall;
pub use cards::Card;
pub use delivery::DeliveryAttempt;
pub use disputes::DisputeOutcome;
pub use error::ApiError;
pub use events::{API_VERSION, signature};
pub use faults::Fault;
pub use form::Metadata;
pub use intents::Status;
pub use refunds::RefundStatus;
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

    /// Creates a payment intent that the shop does not know, as another client of the same account would.
    pub fn create_foreign_intent(&self, amount: i64, currency: &str) -> Result<Value, ApiError> {
        let no_metadata = form::Metadata::default();
        lock(&self.shared).create_intent(&form::Form::payment(amount, currency, &no_metadata))
    }

    /// Confirms an intent with a card, as the customer's browser does.
    pub fn pay(&self, intent: &str, card: Card) -> Result<Value, ApiError> {
        lock(&self.shared).confirm(intent, Some(card.token()))
    }

    /// Pays a checkout session with a card, as the customer does on its page.
    pub fn pay_session(&self, session: &str, card: Card) -> Result<Value, ApiError> {
        lock(&self.shared).pay_session(session, card)
    }

    /// Expires a checkout session, as after its time or in Stripe's dashboard.
    pub fn expire_session(&self, session: &str) -> Result<Value, ApiError> {
        lock(&self.shared).expire_session(session)
    }

    /// Ends `processing` or `requires_action` with the decision of the bank.
    pub fn settle(&self, intent: &str, settlement: Settlement) -> Result<Value, ApiError> {
        lock(&self.shared).settle(intent, settlement)
    }

    /// Creates a refund as in Stripe's dashboard; without an amount, of all that is left.
    pub fn refund(&self, intent: &str, amount: Option<i64>) -> Result<Value, ApiError> {
        lock(&self.shared).create_refund(&form::Form::refund(intent, amount))
    }

    /// Changes the status of a refund, as the customer's bank does.
    pub fn update_refund(&self, refund: &str, status: RefundStatus) -> Result<Value, ApiError> {
        lock(&self.shared).update_refund(refund, status)
    }

    /// Opens a dispute over a payment, for a reason such as `fraudulent`.
    pub fn open_dispute(&self, intent: &str, reason: &str) -> Result<Value, ApiError> {
        lock(&self.shared).open_dispute(intent, reason)
    }

    /// Submits evidence for the shop: the dispute is under review.
    pub fn submit_evidence(&self, dispute: &str) -> Result<Value, ApiError> {
        lock(&self.shared).submit_evidence(dispute)
    }

    /// Closes a dispute with the decision of the bank.
    pub fn close_dispute(&self, dispute: &str, outcome: DisputeOutcome) -> Result<Value, ApiError> {
        lock(&self.shared).close_dispute(dispute, outcome)
    }

    /// Changes amount and currency of an intent without an event.
    pub fn tamper(&self, intent: &str, amount: i64, currency: &str) -> Result<Value, ApiError> {
        let mut state = lock(&self.shared);
        let changed = state.intent_mut(intent)?;
        changed.amount = amount;
        currency.clone_into(&mut changed.currency);
        state.show_intent(intent)
    }

    /// Creates and delivers an event of any type with any object, and returns it.
    pub fn emit_event(&self, kind: &str, object: Value) -> Value {
        lock(&self.shared).emit(kind, object)
    }

    /// Signs and delivers an event exactly as given, such as one with another `livemode` or with missing members.
    pub fn deliver(&self, event: Value) {
        lock(&self.shared).publish(event);
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.delivery_task.abort();
    }
}
