//! What staff write about an order, for staff. Pure.

use crate::failure::Invalid;
use crate::id::{CommentId, OrderId, UserId};
use crate::text;
use time::OffsetDateTime;

const LONGEST: usize = 2000;

/// A comment of staff on an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: CommentId,
    pub order: OrderId,
    /// None once the buyer's data are erased.
    pub text: Option<String>,
    pub created_by: UserId,
    pub created_at: OffsetDateTime,
}

/// 1 to 2000 characters on any number of lines, and no card number. Surrounding white space is trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentText(String);

impl CommentText {
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let text = text::multiline("/text", raw.trim(), LONGEST)?;
        if text.is_empty() {
            return Err(Invalid::new("/text", "empty", "must say something"));
        }
        Ok(Self(text::reject_card_number("/text", text)?))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_says_something_and_holds_no_card() {
        let said = CommentText::parse(" She called:\nleave it next door. ").unwrap();
        assert_eq!(said.text(), "She called:\nleave it next door.");
        let code = |raw: &str| CommentText::parse(raw).unwrap_err().code;
        assert_eq!(code(" \n "), "empty");
        assert_eq!(code(&"x".repeat(2001)), "too_long");
        assert_eq!(code("4242424242424242"), "looks_like_a_card");
    }
}
