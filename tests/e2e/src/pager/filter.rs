//! Metric filters of `CloudWatch` Logs: which lines they match, and the value that they take from a line. Reads the patterns
//! that the template uses, and panics at others.

use super::timeline::{Metric, Timeline};
use serde_json::Value;

/// A metric filter.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// The logical id of the log group.
    pub(super) group: String,
    pub(super) pattern: Pattern,
    pub(super) metric: Metric,
    pub(super) value: MetricValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// `"some words"`: the line contains them, in the same case.
    Words(String),
    /// `{ $.a.b = * }` or `{ ($.a.b = "text") || ($.c = 500) }`: the line is JSON, and one of these members is as it says.
    Members(Vec<Member>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    path: Vec<String>,
    /// A text or a number; any value if there is none.
    value: Option<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum MetricValue {
    Constant(f64),
    Member(Vec<String>),
}

impl Filter {
    /// Adds what a line of a log group says to the metric.
    pub(super) fn read(&self, group: &str, line: &str, minute: i64, timeline: &mut Timeline) {
        if group != self.group || !self.pattern.matches(line) {
            return;
        }
        let value = match &self.value {
            MetricValue::Constant(value) => Some(*value),
            MetricValue::Member(path) => member(line, path).and_then(|value| value.as_f64()),
        };
        if let Some(value) = value {
            timeline.add(self.metric.clone(), minute, value);
        }
    }
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Self {
        let inside = |text: &str, open, close| {
            let inside = text.trim().strip_prefix(open)?.strip_suffix(close)?;
            Some(inside.trim().to_owned())
        };
        if let Some(words) = inside(text, '"', '"') {
            assert!(!words.contains(['"', '\\']), "{text} is more than one term");
            return Self::Words(words);
        }
        let all = inside(text, '{', '}').unwrap_or_else(|| panic!("{text} is no pattern"));
        let conditions: Vec<_> = all.split("||").map(str::trim).collect();
        let is_one = conditions.len() == 1;
        let member = |condition: &str| {
            // Several must have brackets.
            let inner =
                inside(condition, '(', ')').or_else(|| is_one.then(|| condition.to_owned()));
            let inner = inner.unwrap_or_else(|| panic!("{text}: a bracket is missing"));
            let (path, value) = inner.split_once('=').unwrap_or_else(|| panic!("{text}: no ="));
            let value = match value.trim() {
                "*" => None,
                value => Some(serde_json::from_str(value).unwrap()),
            };
            Member { path: read_path(path), value }
        };
        Self::Members(conditions.into_iter().map(member).collect())
    }

    pub(super) fn matches(&self, line: &str) -> bool {
        match self {
            Self::Words(words) => line.contains(words),
            Self::Members(members) => members.iter().any(|Member { path, value }| {
                member(line, path)
                    .is_some_and(|found| value.as_ref().is_none_or(|value| found == *value))
            }),
        }
    }
}

impl MetricValue {
    pub(super) fn parse(text: &str) -> Self {
        if text.starts_with('$') {
            return Self::Member(read_path(text));
        }
        Self::Constant(text.parse().unwrap_or_else(|_| panic!("{text} is no number")))
    }
}

/// The names in `$.a.b`.
fn read_path(text: &str) -> Vec<String> {
    let names = text.trim().strip_prefix("$.").unwrap_or_else(|| panic!("{text} is no selector"));
    names.split('.').map(str::to_owned).collect()
}

fn member(line: &str, path: &[String]) -> Option<Value> {
    let line: Value = serde_json::from_str(line).ok()?;
    let found = path.iter().try_fold(&line, |value, name| value.get(name))?;
    Some(found.clone())
}

#[test]
fn words_are_found_in_any_line_and_in_their_case() {
    let pattern = Pattern::parse("\"is parked\"");

    assert!(pattern.matches(r#"{"fields":{"message":"event evt_1 is parked: no"}}"#));
    assert!(pattern.matches("it is parked"));
    assert!(!pattern.matches("it Is Parked"));
    assert!(!pattern.matches("it is not parked"));
}

#[test]
fn a_member_is_found_in_json_only() {
    let lag = Pattern::parse("{$.fields.outbox_seconds = *}");
    let throttled = Pattern::parse("{ $.status = \"429\" }");

    assert!(lag.matches(r#"{"fields":{"outbox_seconds":0}}"#));
    assert!(!lag.matches(r#"{"fields":{"events_seconds":0}}"#));
    assert!(!lag.matches("outbox_seconds"));
    assert!(throttled.matches(r#"{"status":"429"}"#));
    assert!(!throttled.matches(r#"{"status":"200"}"#));
    assert!(!throttled.matches(r#"{"status":429}"#), "a number is no text");
}

#[test]
fn one_of_several_members_is_enough() {
    let either = Pattern::parse("{ ($.fields.status = 500) || ($.fields.message = \"wrong\") }");

    assert!(either.matches(r#"{"fields":{"status":500,"message":"GET / 500"}}"#));
    assert!(either.matches(r#"{"fields":{"message":"wrong"}}"#));
    assert!(!either.matches(r#"{"fields":{"status":503,"message":"GET / 503"}}"#));
    assert!(!either.matches(r#"{"fields":{"status":"500"}}"#), "a text is no number");
}

#[test]
fn the_value_is_a_constant_or_a_member_of_the_line() {
    let filter = |value| Filter {
        group: "SweepLogs".to_owned(),
        pattern: Pattern::parse("{$.a = *}"),
        metric: Metric::new("shop", "A", None),
        value: MetricValue::parse(value),
    };
    let mut timeline = Timeline::default();

    filter("1").read("SweepLogs", r#"{"a":7}"#, 3, &mut timeline);
    filter("$.a").read("SweepLogs", r#"{"a":7}"#, 3, &mut timeline);
    filter("$.a").read("OrdersLogs", r#"{"a":8}"#, 3, &mut timeline);
    filter("$.a").read("SweepLogs", r#"{"a":"no number"}"#, 3, &mut timeline);

    assert_eq!(timeline.between(&Metric::new("shop", "A", None), 2, 3), [1.0, 7.0]);
}
