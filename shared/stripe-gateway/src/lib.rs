//! Stripe: calls of its API, its webhook events and their signatures.
//!
//! The only crate that uses `async-stripe`. Its functions take and return types of `domain`.

mod cancel;
mod checkout_sessions;
mod client;
mod convert;
mod event;
mod lists;
mod metadata;
mod payment_intents;
mod refunds;
pub mod webhook;

pub use checkout_sessions::Session;
pub use client::{Stripe, StripeFailure};
pub use event::{MalformedEvent, envelope, payload, without_secrets};
pub use lists::ListPage;
pub use payment_intents::Intent;
