//! What the shop says about itself: its interface, its error codes, and how it is doing.

mod error_codes;
mod page;
mod probe;
mod show_docs;
mod show_error;
mod show_openapi;

use axum::Router;
use axum::routing::get;
use domain::db::Db;

lambda::interface! {
    fn documented() -> Router<Db>;
    show_docs::show_docs,
    show_openapi::show_openapi,
    show_error::show_error,
    probe::show_health,
    probe::show_readiness,
    probe::show_version,
}

/// Every route here is open to strangers.
pub fn routes() -> Router<Db> {
    documented()
        // Scripts and styles of the page: no part of the interface.
        .route("/docs/{file}", get(show_docs::show_asset))
}
