//! The clock that wakes scheduled functions.

use super::{InvokeError, event::scheduled, pool::Function};
use crate::template::{Schedule, When};
use serde_json::Value;
use std::sync::Arc;
use time::OffsetDateTime;
use tokio::time::sleep;

/// Fires for as long as the gateway runs. Calendar times are left to AWS.
pub(super) async fn run(schedule: Schedule, function: Arc<Function>) {
    let When::Every(pause) = schedule.when else { return };
    loop {
        sleep(pause).await;
        if let Ok(event) = event(&schedule, &function.spec.id) {
            // A failed tick is in the function's log, and the next one comes.
            let _ = function.invoke(event.to_string().into()).await;
        }
    }
}

pub(super) fn event(schedule: &Schedule, function: &str) -> Result<Value, InvokeError> {
    match &schedule.input {
        Some(input) => serde_json::from_str(input)
            .map_err(|source| InvokeError::Malformed { function: function.to_owned(), source }),
        None => Ok(scheduled(&schedule.name, OffsetDateTime::now_utc())),
    }
}
