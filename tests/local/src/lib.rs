//! The whole shop on one machine: the real surroundings, the real binaries, a small catalogue.

mod customer;
pub mod demo;
pub mod event;
pub mod growth;
mod keys;
mod ledgers;
mod lines;
pub mod load;
mod mailbox;
mod measure;
pub mod peers;
pub mod sam;
mod seed;
mod shop;
pub mod soak;
mod watch;

pub use customer::{Answer, Customer};
pub use keys::for_a_deploy as keys_for_a_deploy;
pub use ledgers::Ledgers;
pub use lines::Lines;
pub use mailbox::Mailbox;
pub use seed::ADMIN;
pub use shop::{Error, Options, Payment, Shop};
pub use watch::Watch;
