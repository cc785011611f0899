//! Faults that tests inject into API calls and event deliveries.

use super::{ApiError, Reply};
use std::time::Duration;

/// A fault. Each occurs once, except `Hold`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call is executed at once, and the response is sent after this time.
    Delay(Duration),
    /// The call is not executed: 429.
    RateLimit,
    /// The call is not executed: 500. A retry is executed.
    ErrorBefore,
    /// The call is executed, and answered with 500, which a retry with the same key gets again.
    ErrorAfter,
    /// The call is not executed: 500, which a retry with the same key gets again.
    ErrorStored,
    /// The call is executed, and the connection is closed without a response.
    DisconnectAfter,
    /// The call is not executed, and gets this answer.
    Answer(Reply),
    /// The call is executed, and gets this answer instead of its own.
    AnswerAfter(Reply),
    /// The event is delivered this many additional times, concurrently.
    Duplicate(u32),
    /// The event is delivered after the next one.
    Reorder,
    /// From now on matching events are held back until `release`.
    Hold,
    /// The event is stored, but never delivered.
    Drop,
}

impl Fault {
    /// What is kept under the idempotency key in place of the call's own answer.
    pub(super) fn stored_answer(self) -> Option<ApiError> {
        match self {
            Self::ErrorAfter => Some(ApiError::internal_error()),
            Self::Answer(reply) | Self::AnswerAfter(reply) if reply.is_stored => reply.api_error(),
            _ => None,
        }
    }

    fn applies_to_calls(self) -> bool {
        matches!(
            self,
            Self::Delay(_)
                | Self::RateLimit
                | Self::ErrorBefore
                | Self::ErrorAfter
                | Self::ErrorStored
                | Self::DisconnectAfter
                | Self::Answer(_)
                | Self::AnswerAfter(_)
        )
    }
}

#[derive(Default)]
pub(super) struct FaultQueue(Vec<PlannedFault>);

struct PlannedFault {
    /// A part of the name of the call or event.
    filter: String,
    fault: Fault,
}

impl FaultQueue {
    pub(super) fn push(&mut self, filter: &str, fault: Fault) {
        let filter = filter.to_owned();
        self.0.push(PlannedFault { filter, fault });
    }

    /// The fault for a call such as `POST /v1/refunds`.
    pub(super) fn for_call(&mut self, call: &str) -> Option<Fault> {
        self.take(|planned| planned.fault.applies_to_calls() && call.contains(&planned.filter))
    }

    /// The fault for an event of a type such as `refund.created`.
    pub(super) fn for_event(&mut self, kind: &str) -> Option<Fault> {
        self.take(|planned| !planned.fault.applies_to_calls() && kind.contains(&planned.filter))
    }

    pub(super) fn end_holds(&mut self) {
        self.0.retain(|planned| planned.fault != Fault::Hold);
    }

    fn take(&mut self, matches: impl Fn(&PlannedFault) -> bool) -> Option<Fault> {
        let index = self.0.iter().position(matches)?;
        if self.0[index].fault == Fault::Hold {
            return Some(Fault::Hold);
        }
        Some(self.0.remove(index).fault)
    }
}
