//! What the shop does: its rules, its SQL and the stories that join them, one module per business capability.
//!
//! Nothing here knows about HTTP, AWS or Stripe. `ARCHITECTURE.md` beside this crate is the map.

pub mod accounts;
pub mod acknowledgement;
pub mod audit;
pub mod catalog;
pub mod change;
pub mod checkouts;
pub mod country;
pub mod db;
pub mod email;
pub mod failure;
pub mod guests;
pub mod id;
pub mod idempotency;
pub mod inbox;
pub mod inventory;
pub mod mail;
pub mod money;
pub mod notice;
pub mod operations;
pub mod ordering;
pub mod outbox;
pub mod page;
pub mod payments;
pub mod pricing;
pub mod retention;
pub mod statements;
pub mod status;
pub mod tax_category;
pub mod text;
pub mod viewer;
pub mod workflows;
