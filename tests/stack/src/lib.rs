//! The real surroundings of the shop on one machine: PostgreSQL, queues and mail, and the gateway that runs the
//! deployed binaries. Nothing here knows what the shop sells, and nothing here is deployed.
#![expect(
    clippy::disallowed_methods,
    reason = "this crate stands where AWS stands: it has the clock and the environment"
)]

pub mod aws;
mod error;
pub mod functions;
pub mod gateway;
pub mod leash;
pub mod postgres;
mod progress;
pub mod proxy;
mod scratch;
pub mod stripe;
mod surroundings;
pub mod template;
pub mod tools;

pub use aws::Aws;
pub use error::Error;
pub use gateway::{Gateway, InvokeError};
pub use leash::Leash;
pub use postgres::Postgres;
pub use progress::Progress;
pub use proxy::Proxy;
pub use surroundings::{Options, Surroundings};
pub use template::Template;
