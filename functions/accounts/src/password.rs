//! Other passwords than the first: forgotten ones, and changed ones.

pub(crate) mod change;
pub(crate) mod forgot;
pub(crate) mod reset;
