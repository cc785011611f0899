//! What load and growth measure with: buyers, requests, and what the kernel knows of our processes.

mod buyers;
mod event;
pub(crate) mod figures;
pub(crate) mod request;
pub(crate) mod usage;

pub(crate) use buyers::{Crowd, Placed, admit, analyze, gather, stock_up};
pub(crate) use event::event;
pub(crate) use figures::Figures;
pub(crate) use request::Done;
pub(crate) use usage::Usage;

/// Whatever keeps buyers out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not fill the shop")]
    Database(#[from] tokio_postgres::Error),
    #[error("no token could be made")]
    Token(#[from] lambda::http::token::KeyError),
}
