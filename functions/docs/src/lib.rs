//! Documentation and probes: the OpenAPI document, Swagger UI, prices, error codes, health and version. Also answers what no
//! function has a route for.

mod elsewhere;
mod error_codes;
mod explain_pricing;
mod page;
mod probe;
mod show_docs;
mod show_error;
mod show_openapi;

use axum::Router;
use axum::routing::{any, get};
use domain::db::Db;

lambda::interface! {
    fn documented() -> Router<Db>;
    show_docs::show_docs,
    explain_pricing::explain_pricing,
    show_openapi::show_openapi,
    show_error::show_error,
    probe::show_health,
    probe::show_readiness,
    probe::show_version,
}

/// All routes are public.
pub fn routes() -> Router<Db> {
    documented()
        // Scripts and styles of Swagger UI, not part of the documented interface.
        .route("/docs/{file}", get(show_docs::show_asset))
        .route("/", any(elsewhere::refuse))
        .route("/{*path}", any(elsewhere::refuse))
}
