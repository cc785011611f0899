//! `/v1/webhooks/stripe`: events from Stripe.

mod receive;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use domain::db::Db;
use lambda::config::{Clock, Secret};
use lambda::dispatcher::OutboxDispatcher;
use stripe_gateway::webhook::SigningSecrets;

const BODY_LIMIT: usize = 512 * 1024;

/// The state of this function.
#[derive(Clone)]
pub struct Webhook {
    pub db: Db,
    pub clock: Clock,
    pub dispatcher: OutboxDispatcher,
    pub secrets: Secret<SigningSecrets>,
    /// Whether this shop runs in Stripe's live mode. Events of the other mode are stored but not applied.
    pub live: bool,
}

lambda::interface! {
    fn documented() -> Router<Webhook>;
    receive::receive_stripe_event,
}

pub fn routes() -> Router<Webhook> {
    documented().layer(DefaultBodyLimit::max(BODY_LIMIT))
}
