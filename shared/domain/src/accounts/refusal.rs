//! Why somebody is not let in, or may not change an account.

use crate::failure::{self, Invalid, Kind};
use crate::idempotency;
use crate::page::BadPage;
use serde_json::{Map, Value};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One answer for an unknown address, a wrong password and a closed account.
    #[error("there is no account with this address and this password")]
    WrongCredentials,
    #[error("this session has ended; sign in again")]
    SessionEnded,
    #[error("too many tries; the next one is free in {retry_after} seconds")]
    TooMany { retry_after: u32 },
    #[error("there is an account with this address already")]
    AddressTaken,
    /// One answer for a link that was used, ran out, was replaced by a newer one, or never was.
    #[error("this link is good no more; ask for a new one")]
    BadLink,
    #[error("this is not your current password")]
    WrongPassword,
    #[error("there is no such user")]
    UserNotFound,
    #[error("the shop would have no admin left; appoint another one first")]
    LastAdmin,
    #[error("the shop has an admin already; admins are made with PUT /v1/users/{{user_id}}/role")]
    AdminThere,
    #[error(transparent)]
    BadPage(#[from] BadPage),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Repetition(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::WrongCredentials | Self::SessionEnded => Kind::Unproven,
            Self::TooMany { .. } => Kind::Throttled,
            Self::AddressTaken | Self::LastAdmin | Self::AdminThere => Kind::Conflict,
            Self::BadLink => Kind::Malformed,
            Self::WrongPassword => Kind::Forbidden,
            Self::UserNotFound => Kind::Missing,
            Self::BadPage(bad) => bad.kind(),
            Self::Invalid(invalid) => invalid.kind(),
            Self::Repetition(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::SessionEnded => "session_ended",
            Self::TooMany { .. } => "too_many_requests",
            Self::AddressTaken => "address_taken",
            Self::BadLink => "bad_link",
            Self::WrongPassword => "wrong_password",
            Self::UserNotFound => "user_not_found",
            Self::LastAdmin => "last_admin",
            Self::AdminThere => "admin_there",
            Self::BadPage(bad) => bad.code(),
            Self::Invalid(invalid) => invalid.code(),
            Self::Repetition(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        match self {
            Self::TooMany { retry_after } => {
                Map::from_iter([("retry_after".to_owned(), (*retry_after).into())])
            }
            Self::Invalid(invalid) => invalid.details(),
            _ => Map::new(),
        }
    }
}
