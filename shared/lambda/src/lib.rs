//! How a function runs: its settings, its HTTP side, its queue side, and how events leave it.

pub mod config;
pub mod dead_letters;
pub mod dispatch;
pub mod http;
pub mod queue;

pub use lambda_http::Error;

/// JSON logs, as `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT` ask for.
pub fn start_logging() {
    lambda_http::tracing::init_default_subscriber();
}
