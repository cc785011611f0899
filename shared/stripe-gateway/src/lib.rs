//! Stripe: calls of its API, its webhook events and their signatures.
//!
//! The only crate that uses `async-stripe`. Its functions take and return types of `domain`.

mod cancel;
mod checkout_sessions;
mod client;
mod convert;
mod event;
mod failure;
mod lists;
mod metadata;
mod payment_intents;
mod refunds;
mod retrieve;
pub mod webhook;

pub use checkout_sessions::Session;
pub use client::{Mode, Stripe};
pub use event::{MalformedEvent, envelope, minimize, payload, unreadable_id};
pub use failure::{ERROR_CODES, RefusalKind, StripeFailure};
pub use lists::ListPage;
pub use payment_intents::Intent;
