//! Which checkouts a list shows. Pure.

use super::status::Status;
use crate::failure::Invalid;
use time::OffsetDateTime;

/// Which checkouts to list: those that match every field that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub(super) status: Option<Status>,
    /// The address of their account or their guest, as addresses are compared.
    pub(super) email: Option<String>,
    /// Created at this time or later.
    pub(super) since: Option<OffsetDateTime>,
}

impl Filter {
    /// `email` is a whole address, in any case.
    pub fn new(
        status: Option<Status>,
        email: Option<&str>,
        since: Option<OffsetDateTime>,
    ) -> Result<Self, Invalid> {
        let is_address =
            |text: &str| text.len() <= 254 && text.bytes().all(|b| b.is_ascii_graphic());
        let email = email.map(str::trim);
        if email.is_some_and(|text| !is_address(text)) {
            let detail = "must be an email address: at most 254 ASCII characters";
            return Err(Invalid::new("email", "bad_email", detail));
        }
        Ok(Self { status, email: email.map(str::to_ascii_lowercase), since })
    }
}
