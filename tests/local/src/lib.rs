//! The whole shop on one machine: the real surroundings, the real binaries, a small catalogue.

mod customer;
pub mod demo;
pub mod event;
mod keys;
mod ledgers;
pub mod load;
mod mailbox;
pub mod sam;
mod seed;
mod shop;
pub mod soak;

pub use customer::{Answer, Customer};
pub use keys::for_a_deploy as keys_for_a_deploy;
pub use ledgers::Ledgers;
pub use mailbox::Mailbox;
pub use seed::ADMIN;
pub use shop::{Error, Options, Payment, Shop};
