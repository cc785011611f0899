//! What the shop says about itself: its interface, its error codes, and how it is doing.

mod error_codes;
mod page;
mod probe;
mod show_docs;
mod show_error;
mod show_openapi;

use axum::routing::get;
use domain::db::Db;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Every route here is open to strangers.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(show_docs::show_docs))
        .routes(routes!(show_openapi::show_openapi))
        .routes(routes!(show_error::show_error))
        .routes(routes!(probe::show_health))
        .routes(routes!(probe::show_readiness))
        .routes(routes!(probe::show_version))
        // Scripts and styles of the page: no part of the interface.
        .route("/docs/{file}", get(show_docs::show_asset))
}
