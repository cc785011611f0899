//! `/v1/users`: accounts, as admins see and change them.

pub(crate) mod disable;
pub(crate) mod enable;
pub(crate) mod erase;
pub(crate) mod list;
pub(crate) mod set_role;
pub(crate) mod show;

use axum::http::StatusCode;
use domain::accounts::{Account, Role};
use domain::id::UserId;
use domain::idempotency::RecordedResponse;
use lambda::http::IdempotentResponse;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An account, as admins see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserView {
    id: UserId,
    /// Once the account is erased, no address: `erased` and the id.
    #[schema(example = "ann@example.com")]
    email: String,
    email_verified: bool,
    role: Role,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When the account was disabled; null while it is enabled.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    disabled_at: Option<OffsetDateTime>,
    /// When the account was erased; null unless it is.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    erased_at: Option<OffsetDateTime>,
}

impl From<Account> for UserView {
    fn from(account: Account) -> Self {
        let Account { id, email, email_verified, role, created_at, disabled_at, erased_at } =
            account;
        Self { id, email, email_verified, role, created_at, disabled_at, erased_at }
    }
}

fn user_response(account: &Account) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::OK, &UserView::from(account.clone()))
}
