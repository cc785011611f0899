//! Why a login, or a change of an account, is refused.

use crate::failure::{self, Invalid, Kind};
use crate::id::OrderId;
use crate::idempotency;
use crate::page::BadPage;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// An order of a person who wants to leave that needs them, or their address, until it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OpenOrder {
    pub order: OrderId,
    pub reason: OpenReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenReason {
    /// It waits for its payment.
    Unpaid,
    /// It is paid, and not shipped.
    Unshipped,
    /// Stripe may still capture a payment of it.
    PaymentOpen,
    /// A refund of it has not arrived yet.
    RefundOpen,
    /// A bank has not decided on a dispute of it.
    DisputeOpen,
    /// A return of it was requested or approved, and has not ended.
    ReturnOpen,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Covers an unknown address, a wrong password, an address that is not verified yet and a disabled account.
    #[error("the email address or the password is wrong, or the address is not verified yet")]
    WrongCredentials,
    #[error("this session has ended; log in again")]
    SessionEnded,
    /// The session goes on with a newer refresh token.
    #[error("a newer refresh token of this session is in use; use that one")]
    TokenReplaced,
    #[error("too many requests; try again in {retry_after} seconds")]
    TooManyRequests { retry_after: u32 },
    #[error("there is an account with this address already")]
    EmailTaken,
    /// Covers a link that was used, has expired, was replaced by a newer one, or never existed.
    #[error("this link is not valid; request a new one")]
    BadLink,
    #[error("this is not your current password")]
    WrongPassword,
    #[error("there is no such user")]
    UserNotFound,
    /// Covers a session of another user.
    #[error("you have no such session")]
    SessionNotFound,
    #[error("no admin would be left; make another user an admin first")]
    LastAdmin,
    #[error("the account is erased")]
    AccountErased,
    #[error("there are orders that are not settled; cancel or wait for them first")]
    OrdersOpen(Vec<OpenOrder>),
    #[error("the shop has an admin already; more are added with PUT /v1/users/{{user_id}}/role")]
    AdminExists,
    #[error(transparent)]
    BadPage(#[from] BadPage),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Idempotency(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::WrongCredentials | Self::SessionEnded | Self::TokenReplaced => {
                Kind::Unauthenticated
            }
            Self::TooManyRequests { .. } => Kind::RateLimited,
            Self::EmailTaken
            | Self::LastAdmin
            | Self::AccountErased
            | Self::OrdersOpen(_)
            | Self::AdminExists => Kind::Conflict,
            Self::BadLink => Kind::Malformed,
            Self::WrongPassword => Kind::Forbidden,
            Self::UserNotFound | Self::SessionNotFound => Kind::NotFound,
            Self::BadPage(bad) => bad.kind(),
            Self::Invalid(invalid) => invalid.kind(),
            Self::Idempotency(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::SessionEnded => "session_ended",
            Self::TokenReplaced => "token_replaced",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::EmailTaken => "address_taken",
            Self::BadLink => "bad_link",
            Self::WrongPassword => "wrong_password",
            Self::UserNotFound => "user_not_found",
            Self::SessionNotFound => "session_not_found",
            Self::LastAdmin => "last_admin",
            Self::AccountErased => "account_erased",
            Self::OrdersOpen(_) => "orders_open",
            Self::AdminExists => "admin_there",
            Self::BadPage(bad) => bad.code(),
            Self::Invalid(invalid) => invalid.code(),
            Self::Idempotency(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        match self {
            Self::TooManyRequests { retry_after } => {
                Map::from_iter([("retry_after".to_owned(), (*retry_after).into())])
            }
            Self::OrdersOpen(orders) => Map::from_iter([("orders".to_owned(), json!(orders))]),
            Self::Invalid(invalid) => invalid.details(),
            _ => Map::new(),
        }
    }
}
