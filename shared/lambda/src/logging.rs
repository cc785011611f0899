//! Log output of a function.

use crate::environment::Config;
use tracing_subscriber::filter::LevelFilter;

/// Starts to log to standard output, as `AWS_LAMBDA_LOG_LEVEL` (default: `INFO`) and `AWS_LAMBDA_LOG_FORMAT` (`JSON`,
/// default: text) say. Lines have no timestamp: `CloudWatch` adds one.
pub fn start_logging() {
    let variable = |name| Config::from_env().optional(name);
    let level = variable("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok());
    let logs = tracing_subscriber::fmt()
        .with_target(false)
        .without_time()
        .with_max_level(level.unwrap_or(LevelFilter::INFO));
    let format = variable("AWS_LAMBDA_LOG_FORMAT");
    if format.is_some_and(|format| format.eq_ignore_ascii_case("json")) {
        logs.json().init();
    } else {
        logs.init();
    }
}
