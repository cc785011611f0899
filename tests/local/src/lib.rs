//! Runs the whole shop on one machine: real services, the deployed binaries and a small catalogue. Also what is driven
//! against it: demo, soak test, load test and measurements.

mod audit;
pub mod benchmark;
mod customer;
pub mod demo;
pub mod event;
mod fake_clock;
pub mod growth;
mod keys;
pub mod load;
mod mailbox;
mod measure;
pub mod memory;
mod proxies;
pub mod sam;
mod seed;
mod shop;
pub mod soak;

pub use audit::AuditConnections;
pub use customer::{Customer, Response};
pub use fake_clock::FakeClock;
pub use keys::for_a_deploy as keys_for_a_deploy;
pub use mailbox::Mailbox;
pub use proxies::Proxies;
pub use seed::{ADMIN, BUYER};
pub use shop::{Error, Options, Payment, Shop};
