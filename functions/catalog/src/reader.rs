//! What a caller may see of the catalog, and whether the response may be cached.

use axum::http::{HeaderName, header};
use domain::accounts::Role;
use domain::catalog::Viewer;
use lambda::http::caller::Caller;

pub(crate) fn viewer(who: Option<Caller>) -> Viewer {
    match who {
        Some(Caller { role: Role::Staff | Role::Admin, .. }) => Viewer::Staff,
        Some(Caller { role: Role::Customer, .. }) | None => Viewer::Public,
    }
}

/// Responses without a token are cacheable for 30 seconds. `Vary` keeps caches from serving them to requests with one, and to
/// pages of another origin, which the gateway's CORS headers would not fit.
pub(crate) fn caching(who: Option<Caller>) -> [(HeaderName, &'static str); 2] {
    let policy = if who.is_none() { "public, max-age=30" } else { "no-store" };
    [(header::CACHE_CONTROL, policy), (header::VARY, "authorization, origin")]
}
