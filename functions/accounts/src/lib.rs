//! `/v1/auth`, `/v1/me` and the public keys: who people are, and how they show it.

mod keys;
mod log_in;
mod log_out;
mod me;
mod origin;
mod refresh;
mod register;
mod state;
mod tokens;

pub use state::Accounts;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Accounts> {
    OpenApiRouter::new()
        .routes(routes!(register::register_account))
        .routes(routes!(log_in::log_in))
        .routes(routes!(refresh::refresh_session))
        .routes(routes!(log_out::log_out))
        .routes(routes!(me::show_me))
        .routes(routes!(keys::show_keys))
}
