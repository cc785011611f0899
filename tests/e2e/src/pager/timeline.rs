//! Metrics, minute by minute. The minutes are counted, not waited for.

use std::collections::BTreeMap;

/// The name of a metric.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Metric {
    pub(super) namespace: String,
    pub(super) name: String,
    /// The value of its dimension: the logical id of a resource.
    pub(super) of: Option<String>,
}

impl Metric {
    pub(super) fn new(namespace: &str, name: &str, of: Option<&str>) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned(), of: of.map(str::to_owned) }
    }

    pub(super) fn of_function(name: &str, function: &str) -> Self {
        Self::new("AWS/Lambda", name, Some(function))
    }
}

/// The samples of all metrics by minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline(BTreeMap<Metric, BTreeMap<i64, Vec<f64>>>);

impl Timeline {
    pub(super) fn add(&mut self, metric: Metric, minute: i64, value: f64) {
        self.0.entry(metric).or_default().entry(minute).or_default().push(value);
    }

    /// One invocation of a function, and whether it failed.
    pub(super) fn invoked(&mut self, function: &str, minute: i64, has_failed: bool) {
        self.add(Metric::of_function("Invocations", function), minute, 1.0);
        let errors = if has_failed { 1.0 } else { 0.0 };
        self.add(Metric::of_function("Errors", function), minute, errors);
    }

    /// The samples of the minutes after `from`, up to `until`.
    pub(super) fn between(&self, metric: &Metric, from: i64, until: i64) -> Vec<f64> {
        let minutes = self.0.get(metric).into_iter();
        minutes
            .flat_map(|all| all.range(from + 1..=until))
            .flat_map(|(_, some)| some)
            .copied()
            .collect()
    }
}
