//! The state that all HTTP functions share.

use super::TrustedProxies;
use super::token::Verifier;
use crate::environment::Clock;
use axum::extract::FromRef;
use domain::db::Db;

/// What every HTTP function needs: the database, the public keys for access tokens, the time, and who may say where a request
/// comes from: nobody, in functions without rate limits.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub verifier: Verifier,
    pub clock: Clock,
    pub trusted_proxies: TrustedProxies,
}

impl FromRef<App> for Db {
    fn from_ref(app: &App) -> Self {
        app.db.clone()
    }
}
