//! `/v1/auth/email`: proving that an address is one's own.

pub(crate) mod resend;
pub(crate) mod verify;
