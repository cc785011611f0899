//! `/v1/auth`, `/v1/me`, `/v1/users` and the public keys: who people are, and how they show it.

mod email;
mod keys;
mod log_in;
mod log_out;
mod me;
mod password;
mod refresh;
mod register;
mod state;
mod tokens;
mod users;
mod visitor;

pub use state::Accounts;

use axum::middleware;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Accounts> {
    OpenApiRouter::new()
        .routes(routes!(register::register_account))
        .routes(routes!(log_in::log_in))
        .routes(routes!(refresh::refresh_session))
        .routes(routes!(log_out::log_out))
        .routes(routes!(email::verify::verify_email))
        .routes(routes!(email::resend::resend_verification))
        .routes(routes!(password::forgot::forgot_password))
        .routes(routes!(password::reset::reset_password))
        .routes(routes!(me::show_me))
        .routes(routes!(password::change::change_password))
        .routes(routes!(users::list::list_users))
        .routes(routes!(users::show::show_user))
        .routes(routes!(users::set_role::set_user_role))
        .routes(routes!(users::disable::disable_user))
        .routes(routes!(users::enable::enable_user))
        .routes(routes!(keys::show_keys))
        .layer(middleware::from_fn(visitor::tell_allowance))
}
