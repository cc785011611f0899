//! How a function runs: its settings, its HTTP side, its queue side, and how events leave it.

pub mod config;
pub mod dead_letters;
pub mod dispatch;
pub mod http;
pub mod queue;

pub use lambda_http::Error;

use config::Config;
use tracing_subscriber::filter::LevelFilter;

/// Logs as `AWS_LAMBDA_LOG_LEVEL` (`INFO`, if it is unset or unknown) and `AWS_LAMBDA_LOG_FORMAT` (`JSON` or text) ask
/// for. Without a time, which AWS notes beside each line.
pub fn start_logging() {
    let asked = |name| Config::from_env().look_up(name);
    let level = asked("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok());
    let logs = tracing_subscriber::fmt()
        .with_target(false)
        .without_time()
        .with_max_level(level.unwrap_or(LevelFilter::INFO));
    if asked("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json")) {
        logs.json().init();
    } else {
        logs.init();
    }
}
