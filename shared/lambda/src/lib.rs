//! The runtime side of a function: settings, HTTP, queues, and sending events from the outbox to SQS.

pub mod aws;
pub mod config;
pub mod dead_letters;
pub mod dispatcher;
mod environment;
pub mod http;
mod logging;
pub mod queue;
mod runtime;
mod secret;
mod trace;

pub use lambda_http::Error;
pub use logging::start_logging;
pub use runtime::run;
