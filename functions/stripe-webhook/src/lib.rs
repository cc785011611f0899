//! `/webhooks/stripe`: what Stripe has to say.

mod receive;

use axum::extract::DefaultBodyLimit;
use domain::db::Db;
use lambda::config::{Clock, Secret};
use lambda::dispatch::Dispatch;
use stripe_gateway::webhook::Secrets;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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

pub fn routes() -> OpenApiRouter<Webhook> {
    OpenApiRouter::new()
        .routes(routes!(receive::receive_stripe_event))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}
