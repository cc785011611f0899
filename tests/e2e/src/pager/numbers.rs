//! Metrics that only AWS produces, and the question for every alarm whether any lasting state makes it ring.

use super::alarm::{Alarm, Query};
use super::day::quiet_day;
use super::template::{Every, Watch};
use super::timeline::{Metric, Timeline};
use super::{State, expected};

/// Everything that has an alarm, with all its alarms.
const ALL: [(&str, &str); 2] = [("UseRdsProxy", "true"), ("ReservedConcurrency", "true")];
/// How often somebody uses a part of a small shop, in minutes.
const RARELY: i64 = 5;
/// A reconciliation, in minutes.
const HOURLY: i64 = 60;
/// When a reconciliation that failed is tried again at the earliest, in minutes: its lease has ended.
const TRIED_AGAIN: i64 = 3;
const HALF_A_DAY: i64 = 12 * 60;
/// It has a value once, and never again.
const ONCE: i64 = 0;

fn rings_in_time(state: State, every: Every, timeline: &Timeline) {
    let (alarm, within) = expected(state, every);
    let first = Watch::with(every, &[]).alarm(alarm).first(timeline, 1..=within);
    assert!(first.is_some(), "{state:?} with {every:?}: {alarm} does not ring in {within} minutes");
}

#[test]
fn a_schedule_that_stops_rings() {
    for every in Every::ALL {
        // The last run was at the minute before.
        let mut timeline = quiet_day(every);
        timeline.invoked("Sweep", 0, false);
        timeline.invoked("Reconcile", 0, false);

        rings_in_time(State::SweepMissing, every, &timeline);
        rings_in_time(State::ReconcileMissing, every, &timeline);
    }
}

#[test]
fn functions_that_are_throttled_and_a_full_database_ring() {
    for every in Every::ALL {
        let mut timeline = quiet_day(every);
        timeline.add(Metric::of_function("Throttles", "Orders"), 1, 1.0);
        let connections = Metric::new("AWS/RDS", "DatabaseConnections", Some("Cluster"));
        for minute in 1..=3 {
            // The server refuses the functions the 90th of 112.
            timeline.add(connections.clone(), minute, 89.0);
        }

        rings_in_time(State::FunctionThrottled, every, &timeline);
        rings_in_time(State::DatabaseFull, every, &timeline);
    }
}

/// The schedule may be off by a minute.
#[test]
fn a_schedule_that_is_not_exact_does_not_ring() {
    for every in [Every::Quarter, Every::Hour] {
        let mut timeline = Timeline::default();
        for run in -10..=10 {
            let late = i64::from(run % 2 == 0);
            timeline.invoked("Sweep", run * every.minutes() + late, false);
            timeline.invoked("Reconcile", run * every.minutes() + late, false);
        }

        let watch = Watch::with(every, &[]);

        for minute in 0..=9 * every.minutes() {
            assert_eq!(watch.ringing(&timeline, minute), Vec::<&str>::new(), "{every:?} {minute}");
        }
    }
}

/// Whatever an alarm is about lasts, and is as bad as it can be at the times when there is a value at all.
#[test]
fn every_alarm_rings_if_its_state_lasts() {
    let mut silent = Vec::new();
    for every in Every::ALL {
        let watch = Watch::with(every, &ALL);
        for alarm in &watch.alarms {
            let timeline = worst(alarm, every, &watch);
            if alarm.first(&timeline, 1..=HALF_A_DAY).is_none() {
                silent.push(format!("{} with {every:?}", alarm.name));
            }
        }
    }
    assert!(silent.is_empty(), "never ring: {silent:#?}");
}

/// The metrics of an alarm in the state that it is about.
fn worst(alarm: &Alarm, every: Every, watch: &Watch) -> Timeline {
    if alarm.name.ends_with("Missing") {
        return quiet_day(every);
    }
    let mut timeline = Timeline::default();
    for (_, query) in &alarm.queries {
        let Query::Stat(_, metric) = query else { continue };
        let (minutes, value) = worst_value(metric, every, watch);
        let period = usize::try_from(minutes).unwrap();
        let often = if minutes == ONCE { 1 } else { usize::MAX };
        for minute in (1..=HALF_A_DAY).step_by(period.max(1)).take(often) {
            timeline.add(metric.clone(), minute, value);
        }
        // The runs in between have nothing to do, and succeed.
        if metric.of.as_deref() == Some("Reconcile") {
            for run in 1..=HALF_A_DAY / every.minutes() {
                timeline.add(metric.clone(), run * every.minutes(), 0.0);
            }
        }
    }
    timeline
}

/// Every how many minutes a metric has a value, or [`ONCE`], and which.
fn worst_value(metric: &Metric, every: Every, watch: &Watch) -> (i64, f64) {
    let of = metric.of.as_deref().unwrap_or_default();
    match (metric.namespace.as_str(), metric.name.as_str()) {
        ("AWS/Lambda", "ConcurrentExecutions") => (1, watch.reserved[of]),
        // What answers requests says so in its log if it fails.
        ("AWS/Lambda", "Errors") if watch.counts(&format!("{of}Faults")) => (RARELY, 0.0),
        ("AWS/Lambda", name) => {
            let value = if name == "Duration" { 109_000.0 } else { 1.0 };
            match (of, name) {
                ("Migrate", _) => (ONCE, value),
                ("Reconcile", "Duration") => (HOURLY, value),
                ("Reconcile", "Errors") => (every.minutes().max(TRIED_AGAIN), value),
                ("Sweep" | "Reconcile", _) => (every.minutes(), value),
                _ => (RARELY, value),
            }
        }
        ("AWS/ApiGateway", _) => (RARELY, 1.0),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage") => (1, 600.0),
        // All that the functions get: 80 % of 112.
        ("AWS/RDS", "DatabaseConnections") => (1, 89.0),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible") | ("AWS/RDS", _) => (1, 1.0),
        (_, "OutboxSeconds" | "EventsSeconds") => (every.minutes(), 86_400.0),
        (_, "BrokenInvariants" | "UncheckedInvariants" | "OpenFindings") => (HOURLY, 1.0),
        // Somebody does it again and again.
        (_, "ThrottledLogins" | "TooManyRequests") => (1, 30.0),
        (_, "WrongSignatures") => (RARELY, 1.0),
        (_, name) if name.ends_with("Faults") => (RARELY, 1.0),
        (
            _,
            "ParkedEvents" | "WrongStripeMode" | "UntimelySignatures" | "StockDiscrepancies"
            | "FailingMails",
        ) => (ONCE, 1.0),
        (namespace, name) => panic!("{namespace} {name}: when has it a value?"),
    }
}
