//! Measuring tools: buyers, timed requests, and the resource usage of processes.

mod buyers;
mod event;
pub(crate) mod figures;
pub(crate) mod request;
pub(crate) mod usage;

pub(crate) use buyers::{
    Buyers, PlacedOrder, analyze, create_buyers_and_products, insert_buyers, insert_products,
};
pub(crate) use event::event;
pub(crate) use figures::Figures;
pub(crate) use request::RequestOutcome;
pub(crate) use usage::Usage;

/// Why buyers and products could not be created.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not insert buyers and products")]
    Database(#[from] tokio_postgres::Error),
    #[error("could not issue a token")]
    Token(#[from] lambda::http::token::KeyError),
}
