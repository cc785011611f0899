use crate::Accounts;
use axum::extract::State;
use axum::http::{HeaderName, header};

/// Show the public keys
///
/// A JSON Web Key Set (RFC 7517) with all keys whose access tokens are good. Cached for five minutes: a new
/// key is published that long before it signs.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "accounts",
    responses((status = 200, description = "The keys", body = Object, content_type = "application/json")),
)]
pub(crate) async fn show_keys(
    State(here): State<Accounts>,
) -> ([(HeaderName, &'static str); 2], String) {
    let kind = (header::CONTENT_TYPE, "application/json");
    ([kind, (header::CACHE_CONTROL, "public, max-age=300")], here.keys)
}
