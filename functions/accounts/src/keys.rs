use crate::Accounts;
use axum::extract::State;
use axum::http::{HeaderName, header};
use lambda::http::{NoQuery, Problem};

/// Show the public keys
///
/// A JSON Web Key Set (RFC 7517) with all keys that verify access tokens. Cacheable for five minutes: a new
/// key is published at least that long before it signs a token.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "accounts",
    responses(
        (status = 200, description = "The keys", body = Object, content_type = "application/json"),
        (status = 400, description = "`bad_query`: it takes no parameters", body = Problem),
    ),
)]
pub(crate) async fn show_keys(
    State(state): State<Accounts>,
    _: NoQuery,
) -> ([(HeaderName, &'static str); 2], String) {
    let content_type = (header::CONTENT_TYPE, "application/json");
    ([content_type, (header::CACHE_CONTROL, "public, max-age=300")], state.keys)
}
