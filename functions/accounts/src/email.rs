//! `/v1/auth/email`: verifying email addresses.

pub(crate) mod resend;
pub(crate) mod verify;
