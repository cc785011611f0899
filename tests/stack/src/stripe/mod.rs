//! A stand-in for Stripe: its API, its events and its pay page, in this process and on loopback only.

mod api;
mod cards;
mod charges;
mod delivery;
mod disputes;
mod events;
mod faults;
mod form;
mod hosted;
mod idempotency;
mod intents;
mod page;
mod paying;
mod refunds;
mod refused;
mod server;
mod sessions;
mod state;
#[cfg(test)]
mod tests;

pub use api::Called;
pub use cards::Card;
pub use delivery::Delivery;
pub use disputes::Verdict;
pub use events::{API_VERSION, signature};
pub use faults::Fault;
pub use form::Metadata;
pub use intents::Status;
pub use paying::Settlement;
pub use refunds::RefundStatus;
pub use refused::Refused;
pub use state::LedgerLine;

use delivery::Post;
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

/// How to start the stand-in.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// None takes a free port.
    pub port: Option<u16>,
    /// Where the events go; may be set later.
    pub webhook: Option<Target>,
}

/// The shop's door for events.
#[derive(Clone, Debug)]
pub struct Target {
    pub url: String,
    /// Each signs every event: one normally, two while the secret is rotated.
    pub secrets: Vec<String>,
}

/// A running stand-in; it ends when it is dropped.
pub struct StandIn {
    shared: Shared,
    url: String,
    postman: AbortHandle,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<io::Result<()>>>,
}

type Shared = Arc<Mutex<State>>;

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl StandIn {
    /// Starts it on 127.0.0.1; fails if the port is taken.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port.unwrap_or(0))).await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let (post, letters) = Post::new(options.webhook);
        let shared = Arc::new(Mutex::new(State::new(url.clone(), post)));
        let postman = tokio::spawn(delivery::deliver(Arc::clone(&shared), letters));
        let (stop, stopped) = oneshot::channel();
        let server = axum::serve(listener, server::service(Arc::clone(&shared)))
            .with_graceful_shutdown(async {
                stopped.await.ok();
            });
        Ok(Self {
            shared,
            url,
            postman: postman.abort_handle(),
            stop: Some(stop),
            server: Some(tokio::spawn(async move { server.await })),
        })
    }

    /// Its address, with a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The page on which a person pays an intent.
    pub fn pay_page(&self, intent: &str) -> String {
        format!("{}pay/{intent}", self.url)
    }

    /// From now on events go to `url`; several secrets sign each event several times.
    pub fn set_webhook<S: Into<String>>(
        &self,
        url: impl Into<String>,
        secrets: impl IntoIterator<Item = S>,
    ) {
        lock(&self.shared).post.address = Some(Target {
            url: url.into(),
            secrets: secrets.into_iter().map(Into::into).collect(),
        });
    }

    /// Ends it: calls that are being answered are answered, events are not delivered any more.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            server.await.ok();
        }
    }

    /// The next call or event goes wrong; several scripted faults strike one after the other.
    pub fn script(&self, fault: Fault) {
        self.script_on("", fault);
    }

    /// The next call or event whose name contains `only` goes wrong: `POST /v1/refunds`, `refund.created`.
    pub fn script_on(&self, only: &str, fault: Fault) {
        lock(&self.shared).script.add(only, fault);
    }

    /// Delivers what `Hold` and `Reorder` kept back, and holds nothing any more.
    pub fn release(&self) {
        let mut state = lock(&self.shared);
        state.script.end_holds();
        state.post.release();
    }

    /// Waits until every event is delivered or given up; those kept back do not count.
    pub async fn idle(&self) {
        let mut outstanding = lock(&self.shared).post.watch();
        // Cannot fail: the sender lives in the state.
        outstanding.wait_for(|count| *count == 0).await.ok();
    }

    /// Each payment as the money sees it, in the order of creation.
    pub fn ledger(&self) -> Vec<LedgerLine> {
        lock(&self.shared).ledger()
    }

    /// All events so far, oldest first.
    pub fn events(&self) -> Vec<Value> {
        lock(&self.shared).events.iter().cloned().collect()
    }

    /// All attempts to deliver events so far.
    pub fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.shared).post.log.clone()
    }

    /// All calls of the API so far.
    pub fn calls(&self) -> Vec<Called> {
        lock(&self.shared).calls.clone()
    }

    /// From now on only this key opens, as after the old one was revoked.
    pub fn accept_only(&self, secret_key: &str) {
        lock(&self.shared).only_secret = Some(secret_key.to_owned());
    }

    /// Another shop of the same account begins a payment.
    pub fn begin_elsewhere(&self, amount: i64, currency: &str) -> Result<Value, Refused> {
        let nothing = form::Metadata::default();
        lock(&self.shared).create_intent(&form::Form::payment(amount, currency, &nothing))
    }

    /// What the customer's browser does: confirms an intent with a card.
    pub fn pay(&self, intent: &str, card: Card) -> Result<Value, Refused> {
        lock(&self.shared).confirm(intent, Some(card.token()))
    }

    /// What the customer does on the page of a checkout session.
    pub fn pay_session(&self, session: &str, card: Card) -> Result<Value, Refused> {
        lock(&self.shared).pay_session(session, card)
    }

    /// The time of a checkout session is over, or somebody ends it in Stripe's dashboard.
    pub fn expire_session(&self, session: &str) -> Result<Value, Refused> {
        lock(&self.shared).expire_session(session)
    }

    /// Ends `processing` and `requires_action`: the bank decided.
    pub fn settle(&self, intent: &str, settlement: Settlement) -> Result<Value, Refused> {
        lock(&self.shared).settle(intent, settlement)
    }

    /// A refund somebody makes in Stripe's dashboard; no amount means all that is left.
    pub fn refund(&self, intent: &str, amount: Option<i64>) -> Result<Value, Refused> {
        lock(&self.shared).create_refund(&form::Form::refund(intent, amount))
    }

    /// The customer's bank moves a refund on, or sends it back (`Failed`).
    pub fn update_refund(&self, refund: &str, status: RefundStatus) -> Result<Value, Refused> {
        lock(&self.shared).update_refund(refund, status)
    }

    /// The customer disputes a payment, for a reason such as `fraudulent`.
    pub fn open_dispute(&self, intent: &str, reason: &str) -> Result<Value, Refused> {
        lock(&self.shared).open_dispute(intent, reason)
    }

    /// The shop hands in its evidence: the dispute is under review.
    pub fn answer_dispute(&self, dispute: &str) -> Result<Value, Refused> {
        lock(&self.shared).answer_dispute(dispute)
    }

    /// The bank decides a dispute.
    pub fn close_dispute(&self, dispute: &str, verdict: Verdict) -> Result<Value, Refused> {
        lock(&self.shared).close_dispute(dispute, verdict)
    }

    /// Changes what an intent is about behind the shop's back, without an event.
    pub fn tamper(&self, intent: &str, amount: i64, currency: &str) -> Result<Value, Refused> {
        let mut state = lock(&self.shared);
        let changed = state.intent_mut(intent)?;
        changed.amount = amount;
        currency.clone_into(&mut changed.currency);
        state.show_intent(intent)
    }

    /// Tells the shop of any happening, true or not; gives back the event.
    pub fn announce(&self, kind: &str, object: Value) -> Value {
        lock(&self.shared).emit(kind, object)
    }

    /// Delivers an event exactly as given, signed: with another `livemode`, an older `created`, fields missing.
    pub fn deliver(&self, event: Value) {
        lock(&self.shared).publish(event);
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.postman.abort();
    }
}
