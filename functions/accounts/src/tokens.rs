//! The tokens of a session, as sent to the client.

use crate::Accounts;
use domain::accounts::Session;
use lambda::http::token::{KeyError, LIFETIME};
use serde::Serialize;
use utoipa::ToSchema;

/// An access token, and a refresh token to get the next pair.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokensView {
    /// Sent in the header `Authorization: Bearer …`.
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// The lifetime of the access token in seconds.
    #[schema(example = 900)]
    expires_in: i64,
    /// Valid for one refresh, within seven days.
    refresh_token: String,
}

impl TokensView {
    pub(crate) fn of(session: &Session, accounts: &Accounts) -> Result<Self, KeyError> {
        let Session { user, family, epoch, refresh_token } = session;
        let now = accounts.app.clock.now();
        Ok(Self {
            access_token: accounts.signer.issue(*user, *family, *epoch, now)?,
            token_type: "Bearer",
            expires_in: LIFETIME.whole_seconds(),
            refresh_token: refresh_token.text(),
        })
    }
}
