//! What a client gets to stay signed in.

use crate::Accounts;
use domain::accounts::Session;
use lambda::http::token::{KeyError, LIFETIME};
use serde::Serialize;
use utoipa::ToSchema;

/// An access token, and what buys the next one.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokensView {
    /// Goes into the header `Authorization: Bearer …`.
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// How long the access token is good for, in seconds.
    #[schema(example = 900)]
    expires_in: i64,
    /// Good for one refresh, within seven days.
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
