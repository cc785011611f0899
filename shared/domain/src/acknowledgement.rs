//! What staff have looked at and need not be told of again, with their reason.

mod sql;

pub(crate) use sql::{ALL as ALL_QUERIES, acknowledged, insert, newest, read};

use crate::failure::Invalid;
use crate::id::UserId;
use crate::text;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

const LONGEST: usize = 500;

/// Who acknowledged it, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Acknowledgement {
    pub reason: String,
    pub by: UserId,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// One line of 1 to 500 characters, and no card number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let text = text::line("/reason", raw, LONGEST)?;
        Ok(Self(text::reject_card_number("/reason", text)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something_and_holds_no_card() {
        assert_eq!(Reason::parse(" of another shop ").unwrap().0, "of another shop");
        let code = |raw: &str| Reason::parse(raw).unwrap_err().code;
        assert_eq!(code(" "), "empty");
        assert_eq!(code(&"x".repeat(501)), "too_long");
        assert_eq!(code("4242424242424242"), "looks_like_a_card");
    }
}
