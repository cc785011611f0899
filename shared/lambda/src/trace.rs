//! The trace id of the current event, and its way into the messages that are sent to SQS: X-Ray shows both as one trace, and Lambda recognizes
//! functions that call each other endlessly.

use aws_sdk_sqs::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_sqs::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sqs::error::BoxError;
use tokio::task_local;

const HEADER: &str = "x-amzn-trace-id";

task_local! {
    static TRACE_ID: Option<String>;
}

/// Runs `work` for an event with this trace id.
pub(crate) async fn scope<T>(trace_id: Option<String>, work: impl Future<Output = T>) -> T {
    TRACE_ID.scope(trace_id, work).await
}

/// The trace id of the event that this task works for.
pub(crate) fn current() -> Option<String> {
    TRACE_ID.try_with(Clone::clone).ok().flatten()
}

/// Adds the trace id to the requests of an AWS client, as the SDK does with that of the environment.
#[derive(Debug)]
pub(crate) struct TraceHeader;

impl Intercept for TraceHeader {
    fn name(&self) -> &'static str {
        "TraceHeader"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(trace_id) = current() {
            context.request_mut().headers_mut().try_insert(HEADER, trace_id)?;
        }
        Ok(())
    }
}
