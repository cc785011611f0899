//! When a discount applies.

use crate::change::Change;
use crate::failure::Invalid;
use time::OffsetDateTime;

/// From a time on, or ever since, to before a time, or for ever. In microseconds, which is as exact as times are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub(super) starts_at: Option<OffsetDateTime>,
    pub(super) ends_at: Option<OffsetDateTime>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowChange {
    pub starts_at: Change<OffsetDateTime>,
    pub ends_at: Change<OffsetDateTime>,
}

impl Window {
    pub fn new(
        starts_at: Option<OffsetDateTime>,
        ends_at: Option<OffsetDateTime>,
    ) -> Result<Self, Invalid> {
        let (starts_at, ends_at) = (starts_at.map(in_microseconds), ends_at.map(in_microseconds));
        match (starts_at, ends_at) {
            (Some(start), Some(end)) if start >= end => {
                Err(Invalid::new("/ends_at", "before_start", "must be after starts_at"))
            }
            _ => Ok(Self { starts_at, ends_at }),
        }
    }

    pub(super) fn changed(self, change: WindowChange) -> Result<Self, Invalid> {
        Self::new(change.starts_at.apply_to(self.starts_at), change.ends_at.apply_to(self.ends_at))
    }

    pub fn starts_at(self) -> Option<OffsetDateTime> {
        self.starts_at
    }

    pub fn ends_at(self) -> Option<OffsetDateTime> {
        self.ends_at
    }
}

fn in_microseconds(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_microsecond(at.microsecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn a_window_ends_after_it_begins() {
        for (end, is_ok) in [
            (START + Duration::microseconds(1), true),
            (START, false),
            (START - Duration::days(1), false),
            // One microsecond, as it is stored.
            (START + Duration::nanoseconds(999), false),
        ] {
            assert_eq!(Window::new(Some(START), Some(end)).is_ok(), is_ok, "{end}");
        }
    }

    #[test]
    fn each_end_may_be_open() {
        let open = Window::new(None, None).unwrap();
        let from = WindowChange { starts_at: Change::Set(START), ..WindowChange::default() };
        let from = open.changed(from).unwrap();
        assert_eq!((from.starts_at(), from.ends_at()), (Some(START), None));

        let over = WindowChange { ends_at: Change::Set(START), ..WindowChange::default() };
        assert_eq!(from.changed(over).unwrap_err().code, "before_start");
        let over = WindowChange { starts_at: Change::Clear, ..over };
        assert_eq!(from.changed(over), Window::new(None, Some(START)));
    }
}
