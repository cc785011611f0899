//! `/v1/ops` and `/v1/audit-log`: monitoring, repair and who changed what, for admins only.

mod attention;
mod audit;
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

/// The state of this function.
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

lambda::interface! {
    pub fn routes() -> Router<Operations>;
    attention::list::list_attention,
    attention::acknowledge::acknowledge,
    invariants::check_invariants,
    stripe_events::list::list_stripe_events,
    stripe_events::show::show_stripe_event,
    stripe_events::replay::replay_stripe_event,
    outbox::show_outbox,
    emails::list_emails,
    emails::resend::resend_email,
    reconciliations::request::request_reconciliation,
    reconciliations::list::list_reconciliations,
    reconciliations::show::show_reconciliation,
    audit::list::list_audit_log,
    audit::verify::verify_audit_log,
    dead_letters::list::list_dead_letters,
    dead_letters::redrive_all::redrive_dead_letters,
    dead_letters::redrive::redrive_dead_letter,
    dead_letters::discard::discard_dead_letter,
}
