//! `/v1/ops`: how the shop is doing, and a push where something got stuck. For admins only.

mod dead_letters;
mod emails;
mod invariants;
mod outbox;
mod reconciliations;
mod stripe_events;

use axum::extract::FromRef;
use domain::db::Db;
use lambda::dead_letters::DeadLetters;
use lambda::http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What this function has at hand.
#[derive(Clone)]
pub struct Operations {
    pub app: App,
    pub dead_letters: DeadLetters,
}

impl FromRef<Operations> for App {
    fn from_ref(operations: &Operations) -> Self {
        operations.app.clone()
    }
}

impl FromRef<Operations> for Db {
    fn from_ref(operations: &Operations) -> Self {
        operations.app.db.clone()
    }
}

impl FromRef<Operations> for DeadLetters {
    fn from_ref(operations: &Operations) -> Self {
        operations.dead_letters.clone()
    }
}

pub fn routes() -> OpenApiRouter<Operations> {
    OpenApiRouter::new()
        .routes(routes!(invariants::check_invariants))
        .routes(routes!(stripe_events::list::list_stripe_events))
        .routes(routes!(stripe_events::show::show_stripe_event))
        .routes(routes!(stripe_events::replay::replay_stripe_event))
        .routes(routes!(outbox::show_outbox))
        .routes(routes!(emails::list_emails))
        .routes(routes!(
            reconciliations::request::request_reconciliation,
            reconciliations::list::list_reconciliations
        ))
        .routes(routes!(reconciliations::show::show_reconciliation))
        .routes(routes!(dead_letters::list::list_dead_letters))
        .routes(routes!(dead_letters::redrive_all::redrive_dead_letters))
        .routes(routes!(dead_letters::redrive::redrive_dead_letter))
}
