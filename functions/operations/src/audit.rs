//! The audit log of staff.

pub(crate) mod list;
pub(crate) mod verify;
