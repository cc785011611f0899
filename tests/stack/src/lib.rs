//! The real surroundings of the shop on one machine.

pub mod stripe;
