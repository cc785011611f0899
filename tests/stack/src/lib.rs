//! What the shop runs on, on one machine: PostgreSQL, SQS and SES (MiniStack), a Stripe stand-in, and a gateway that
//! runs the deployed binaries. This crate knows nothing of the domain and is never deployed.
#![expect(
    clippy::disallowed_methods,
    reason = "this crate takes the place of AWS, which provides the clock and the environment"
)]

pub mod aws;
mod backing_services;
mod error;
pub mod functions;
pub mod gateway;
pub mod postgres;
pub mod process_guard;
mod progress;
pub mod proxy;
pub mod stripe;
mod temp;
pub mod template;
pub mod tools;

pub use aws::Aws;
pub use backing_services::{BackingServices, Options};
pub use error::Error;
pub use gateway::{Gateway, InvokeError};
pub use postgres::Postgres;
pub use process_guard::ProcessGuard;
pub use progress::Progress;
pub use proxy::Proxy;
pub use template::Template;
