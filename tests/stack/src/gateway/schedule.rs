//! Invokes scheduled functions.

use super::{InvokeError, event::scheduled, pool::Function};
use crate::template::{Schedule, ScheduleExpression};
use serde_json::Value;
use std::sync::Arc;
use time::OffsetDateTime;
use tokio::time::sleep;

/// Invokes the function for as long as the gateway runs. Only `rate(…)` schedules run locally.
pub(super) async fn run(schedule: Schedule, function: Arc<Function>) {
    let ScheduleExpression::Rate(interval) = schedule.expression else { return };
    loop {
        sleep(interval).await;
        if let Ok(event) = event(&schedule, &function.spec.id) {
            // A failure is in the log of the function.
            let _ = function.invoke(event.to_string().into()).await;
        }
    }
}

/// The input that the template gives the schedule, else a scheduled event of `EventBridge`.
pub(super) fn event(schedule: &Schedule, function: &str) -> Result<Value, InvokeError> {
    match &schedule.input {
        Some(input) => serde_json::from_str(input)
            .map_err(|source| InvokeError::Malformed { function: function.to_owned(), source }),
        None => Ok(scheduled(&schedule.name, OffsetDateTime::now_utc())),
    }
}
