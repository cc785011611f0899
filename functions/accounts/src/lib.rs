//! `/v1/auth`, `/v1/me`, `/v1/users` and the public keys: accounts, sessions and access tokens.

mod email;
mod erase;
mod export;
mod keys;
mod links;
mod log_in;
mod log_out;
mod me;
mod password;
mod refresh;
mod register;
mod sessions;
mod state;
mod tokens;
mod users;

pub use state::{Accounts, MIN_RESPONSE_TIME};

use axum::{Router, middleware};
use lambda::http::add_rate_limit_headers;

lambda::interface! {
    fn documented() -> Router<Accounts>;
    register::register_account,
    log_in::log_in,
    refresh::refresh_session,
    log_out::log_out,
    links::use_link,
    email::verify::verify_email,
    email::resend::resend_verification,
    password::forgot::forgot_password,
    password::reset::reset_password,
    me::show_me,
    password::change::change_password,
    sessions::list::list_sessions,
    sessions::end::end_session,
    export::export_account,
    erase::erase_account,
    users::list::list_users,
    users::show::show_user,
    users::set_role::set_user_role,
    users::disable::disable_user,
    users::enable::enable_user,
    users::erase::erase_user,
    keys::show_keys,
}

pub fn routes() -> Router<Accounts> {
    documented().layer(middleware::from_fn(add_rate_limit_headers))
}
