//! For each state that needs a person, the alarms of `template.yaml` ring: the deployed binaries are brought into the state,
//! and their log lines and failures are given to the template's metric filters and alarms, minute by minute. What then waits
//! for a person in the shop is ended by the requests that the list of it names.

mod alarm;
mod day;
mod events;
mod expression;
mod faults;
mod filter;
mod numbers;
mod payments;
mod queues;
mod template;
mod timeline;
mod visitors;
mod way_out;

use day::Day;
use local::Shop;
use serde_json::Value;
use template::{Every, Watch};

/// A state that needs a person.
#[derive(Clone, Copy, Debug)]
enum State {
    OpenFinding,
    ReconciliationFails,
    BrokenInvariant,
    UncheckedInvariant,
    WrongStripeMode,
    WrongStripeModeWithoutCustomers,
    EventOfOtherMode,
    UnreadableEvent,
    EventOfOtherAmount,
    EventWithoutObject,
    EventWithoutPayment,
    EventThatFails,
    WrongWebhookSecret,
    OutboxLate,
    SweepFails,
    MailsFail,
    DeadLetter,
    ThrottledLogins,
    ThrottledRequests,
    SweepMissing,
    ReconcileMissing,
    FunctionThrottled,
    FunctionAnswers500,
    DatabaseFull,
}

/// Which alarm rings in a state, and within how many minutes: if Sweep and Reconcile run every minute, every 15 minutes and
/// every hour. A reconciliation is due once an hour, and a state may begin right after one.
fn alarm_of(state: State) -> (&'static str, [i64; 3]) {
    match state {
        State::OpenFinding => ("OpenFindingsAlarm", [62, 75, 120]),
        // It is tried again after its lease of two minutes.
        State::ReconciliationFails => ("ReconcileErrors", [66, 90, 180]),
        State::BrokenInvariant => ("BrokenInvariantsAlarm", [62, 75, 120]),
        State::UncheckedInvariant => ("UncheckedInvariantsAlarm", [62, 75, 120]),
        State::WrongStripeMode => ("WrongStripeModeAlarm", [1, 1, 1]),
        State::WrongStripeModeWithoutCustomers => ("WrongStripeModeAlarm", [62, 75, 120]),
        State::EventOfOtherMode | State::UnreadableEvent | State::EventOfOtherAmount => {
            ("ParkedEventsAlarm", [1, 1, 1])
        }
        State::EventWithoutObject => ("ParkedEventsAlarm", [2, 15, 60]),
        // Ten tries, for 85 minutes at least.
        State::EventWithoutPayment | State::EventThatFails => {
            ("ParkedEventsAlarm", [100, 240, 720])
        }
        State::WrongWebhookSecret => ("WrongSignaturesAlarm", [1, 1, 1]),
        State::OutboxLate => ("OutboxLate", [5, 45, 180]),
        State::SweepFails => ("SweepErrors", [2, 30, 120]),
        State::MailsFail => ("FailingMailsAlarm", [1, 1, 1]),
        State::DeadLetter => ("MailDeadLettersAlarm", [1, 1, 1]),
        State::ThrottledLogins => ("ThrottledLoginsAlarm", [1, 1, 1]),
        State::ThrottledRequests => ("ApiThrottles", [1, 1, 1]),
        State::SweepMissing => ("SweepMissing", [6, 30, 120]),
        State::ReconcileMissing => ("ReconcileMissing", [6, 30, 120]),
        State::FunctionThrottled => ("OrdersThrottles", [1, 1, 1]),
        // The second failing minute.
        State::FunctionAnswers500 => ("CatalogErrors", [2, 2, 2]),
        State::DatabaseFull => ("DatabaseCrowded", [3, 3, 3]),
    }
}

/// The alarm of a state, and the minutes within which it rings.
fn expected(state: State, every: Every) -> (&'static str, i64) {
    let (alarm, [minute, quarter, hour]) = alarm_of(state);
    let within = match every {
        Every::Minute => minute,
        Every::Quarter => quarter,
        Every::Hour => hour,
    };
    (alarm, within)
}

/// With each schedule, brings the shop into a state after a quiet day, and fails unless its alarm rings in time, and stops if
/// requests can end the state.
async fn rings(
    shop: &Shop,
    state: State,
    begin: impl AsyncFn(&mut Day<'_>),
    end: impl AsyncFn(&mut Day<'_>),
) {
    for every in Every::ALL {
        let mut day = Day::begin(shop, every).await;
        begin(&mut day).await;
        let (alarm, within) = expected(state, every);
        day.rings(alarm, within).await;
        way_out::walk(shop, &mut day, state, alarm).await;
        end(&mut day).await;
    }
}

/// The alarms that ring after minutes in which functions logged these lines. Each request that a function answered was one
/// invocation, which did not fail.
pub(crate) fn ringing_after(minutes: &[Vec<(String, String)>]) -> Vec<String> {
    let watch = Watch::with(Every::Minute, &[]);
    let mut timeline = day::quiet_day(Every::Minute);
    let mut last = 0;
    for (minute, lines) in (0..).zip(minutes) {
        for (function, line) in lines {
            watch.read(function, line, minute, &mut timeline);
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            if line["fields"]["status"].is_number() {
                timeline.invoked(function, minute, false);
            }
        }
        last = minute;
    }
    watch.ringing(&timeline, last).into_iter().map(str::to_owned).collect()
}
