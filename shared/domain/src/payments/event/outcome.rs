//! What becomes of an event, and when it is tried again. Pure.

/// How often an event of ours is tried before it is parked for a person: for 85 minutes.
pub(super) const MAX_TRIES: i32 = 10;
/// How often an event is tried that is probably not ours: for 85 minutes as well, more than an hour, in which a comparison
/// with Stripe finds every payment of ours. Few tries, so that those of a busy account leave the sweep its time.
const MAX_TRIES_OF_UNKNOWN: i32 = 4;

/// Why an event of the other mode is parked.
pub(super) const OTHER_MODE: &str = "livemode";

/// The outcome of an attempt to let an event take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EventOutcome {
    /// It took effect, or is none of ours.
    Done,
    /// Its object has to be retrieved from Stripe first.
    AskStripe,
    /// It cannot take effect yet.
    TryLater { pause_seconds: i32 },
    /// A person must look at it: why, as a code and as text.
    Parked(&'static str, String),
}

impl EventOutcome {
    /// It is of the other mode (test or live) than the shop.
    pub(crate) fn other_mode() -> Self {
        Self::Parked(OTHER_MODE, "STRIPE_LIVEMODE is not its mode".to_owned())
    }

    /// It concerns us, but we cannot read it: why.
    pub(crate) fn unreadable(why: String) -> Self {
        Self::Parked("unreadable", why)
    }

    /// It failed each time. The column is set by the statement that counts the tries.
    pub(super) fn failing() -> Self {
        Self::Parked("failing", "its effect failed at every try".to_owned())
    }

    /// Logs a parked event. A metric filter in template.yaml counts these lines.
    pub(crate) fn log(&self, event: &str) {
        if let Self::Parked(code, why) = self {
            tracing::error!(event.id = event, code, "event {event} is parked: {why}");
        }
    }
}

/// How an event without a match is related to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// It names something of ours.
    Ours,
    /// It may be about a payment of ours whose id at Stripe we do not know yet.
    Unknown,
    Foreign,
}

/// The outcome for an event that matches nothing, after `tries` earlier tries; `parked` is why it is parked if it is ours.
pub(crate) fn unmatched(relation: Relation, tries: i32, parked: EventOutcome) -> EventOutcome {
    let pause = |first: i32, factor: i32| {
        let longer = factor.saturating_pow(tries.try_into().unwrap_or_default());
        EventOutcome::TryLater { pause_seconds: first.saturating_mul(longer) }
    };
    match relation {
        // Stripe's event may arrive before the commit of our own row.
        Relation::Ours if tries < MAX_TRIES => pause(5, 2),
        Relation::Ours => parked,
        Relation::Unknown if tries < MAX_TRIES_OF_UNKNOWN => pause(60, 4),
        Relation::Unknown | Relation::Foreign => EventOutcome::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses before an event that matches nothing is done with, and how that ends.
    fn story(relation: Relation) -> (Vec<i32>, EventOutcome) {
        let mut pauses = Vec::new();
        for tries in 0.. {
            let parked = EventOutcome::Parked("payment_not_found", String::new());
            match unmatched(relation, tries, parked) {
                EventOutcome::TryLater { pause_seconds } => pauses.push(pause_seconds),
                end => return (pauses, end),
            }
        }
        unreachable!("an event is tried a finite number of times")
    }

    #[test]
    fn an_event_of_ours_is_tried_for_longer_than_an_hour_and_then_parked() {
        let (pauses, end) = story(Relation::Ours);

        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560]);
        assert!(pauses.iter().sum::<i32>() > 3600);
        assert!(matches!(end, EventOutcome::Parked(..)), "{end:?}");
    }

    #[test]
    fn an_event_that_may_be_ours_is_tried_a_few_times_and_then_left_alone() {
        let (pauses, end) = story(Relation::Unknown);

        assert_eq!((pauses.as_slice(), end), (&[60, 240, 960, 3840][..], EventOutcome::Done));
        assert!(pauses.iter().sum::<i32>() > 3600);
    }

    #[test]
    fn an_event_of_somebody_else_is_never_tried_again() {
        assert_eq!(story(Relation::Foreign), (vec![], EventOutcome::Done));
    }
}
