//! `/webhooks/stripe`: what Stripe has to say.

mod receive;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use domain::db::Db;
use lambda::config::{Clock, Secret};
use lambda::dispatch::Dispatch;
use stripe_gateway::webhook::Secrets;

const BODY_LIMIT: usize = 512 * 1024;

/// What this function has at hand.
#[derive(Clone)]
pub struct Webhook {
    pub db: Db,
    pub clock: Clock,
    pub dispatch: Dispatch,
    pub secrets: Secret<Secrets>,
    /// Whether we take real money. Events of the other mode are kept without effect.
    pub live: bool,
}

lambda::interface! {
    fn documented() -> Router<Webhook>;
    receive::receive_stripe_event,
}

pub fn routes() -> Router<Webhook> {
    documented().layer(DefaultBodyLimit::max(BODY_LIMIT))
}
