//! How we speak Stripe: what we ask of it, what its webhooks say, and how we know that it is Stripe who speaks.
//!
//! The only crate that names `async-stripe`. The domain's words go in, the domain's words come out.

mod ask;
mod checkout;
mod look;
mod notice;
pub mod webhook;

pub use ask::{Intent, Stripe, StripeFailure};
pub use checkout::Session;
pub use look::Listed;
pub use notice::{Unreadable, head, notice, without_secrets};
