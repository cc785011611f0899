//! Who reads the catalog, and who may keep what they read.

use axum::http::{HeaderName, header};
use domain::accounts::Role;
use domain::catalog::Viewer;
use lambda::http::token::Caller;

pub(crate) fn viewer(who: Option<Caller>) -> Viewer {
    match who {
        Some(Caller { role: Role::Staff | Role::Admin, .. }) => Viewer::Staff,
        Some(Caller { role: Role::Customer, .. }) | None => Viewer::Public,
    }
}

/// What strangers see, anybody may keep for a moment. Who shows a token must not be answered from there.
pub(crate) fn caching(who: Option<Caller>) -> [(HeaderName, &'static str); 2] {
    let keep = if who.is_none() { "public, max-age=30" } else { "no-store" };
    [(header::CACHE_CONTROL, keep), (header::VARY, "authorization")]
}
