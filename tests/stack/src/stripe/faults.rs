//! What can be made to go wrong, and on which call or event it strikes.

use std::time::Duration;

/// One thing that goes wrong. Each strikes once, except `Hold`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call is carried out at once and answered late.
    Delay(Duration),
    /// The call is answered 429 and not carried out.
    RateLimit,
    /// The call is answered 500 and not carried out; a repetition is.
    ErrorBefore,
    /// The call is carried out and answered 500, also when it is repeated with its key.
    ErrorAfter,
    /// The call is answered 500 and not carried out, also when it is repeated with its key.
    ErrorKept,
    /// The call is carried out, then the connection closes without an answer.
    SilenceAfter,
    /// The event is delivered so many times more, all at once.
    Duplicate(u32),
    /// The event is delivered after the one that follows it.
    Reorder,
    /// From now on events are kept back until `release`.
    Hold,
    /// The event happens, but is never delivered.
    Drop,
}

impl Fault {
    fn strikes_calls(self) -> bool {
        matches!(
            self,
            Self::Delay(_)
                | Self::RateLimit
                | Self::ErrorBefore
                | Self::ErrorAfter
                | Self::ErrorKept
                | Self::SilenceAfter
        )
    }
}

#[derive(Default)]
pub(super) struct Script(Vec<Line>);

struct Line {
    only: String,
    fault: Fault,
}

impl Script {
    pub(super) fn add(&mut self, only: &str, fault: Fault) {
        let only = only.to_owned();
        self.0.push(Line { only, fault });
    }

    /// The fault for a call such as `POST /v1/refunds`.
    pub(super) fn for_call(&mut self, call: &str) -> Option<Fault> {
        self.take(|line| line.fault.strikes_calls() && call.contains(&line.only))
    }

    /// The fault for an event of a type such as `refund.created`.
    pub(super) fn for_event(&mut self, kind: &str) -> Option<Fault> {
        self.take(|line| !line.fault.strikes_calls() && kind.contains(&line.only))
    }

    pub(super) fn end_holds(&mut self) {
        self.0.retain(|line| line.fault != Fault::Hold);
    }

    fn take(&mut self, strikes: impl Fn(&Line) -> bool) -> Option<Fault> {
        let found = self.0.iter().position(strikes)?;
        if self.0[found].fault == Fault::Hold {
            return Some(Fault::Hold);
        }
        Some(self.0.remove(found).fault)
    }
}
