//! The reports of two builds side by side, pair by pair, since the speed of a machine changes from minute to minute.

use crate::measure::figures::{ms, tenths};
use serde_json::{Value, json};
use std::fmt::{self, Display};
use std::time::Duration;

/// The figures of an old and a new build from the same rounds.
#[derive(Debug, Default)]
pub struct Comparison {
    rows: Vec<Row>,
    /// The load average of the machine before each pair.
    machine_load: Vec<String>,
    /// What went wrong in which run.
    faults: Vec<String>,
}

/// A report lacks a figure.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the report of the {build} build has no {figure}")]
pub struct MissingFigure {
    build: &'static str,
    figure: String,
}

#[derive(Debug)]
struct Row {
    name: String,
    unit: Unit,
    /// Old and new, for each round in which both have it.
    pairs: Vec<(u64, u64)>,
}

/// A value of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Figure {
    name: String,
    unit: Unit,
    value: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// In microseconds.
    Time,
    /// In KiB.
    Memory,
    Count,
}

impl Comparison {
    /// Adds the reports of one round, as of [`super::Report::json`]. An operation that one of them did not run is left
    /// out; all other figures are required.
    pub fn add(
        &mut self,
        machine_load: String,
        old: &Value,
        new: &Value,
    ) -> Result<(), MissingFigure> {
        let round = self.machine_load.len() + 1;
        for (build, report) in [("old", old), ("new", new)] {
            if report["good"] != true {
                self.faults.push(format!("round {round}, {build}: {}", why_bad(report)));
            }
        }
        let (olds, news) = (figures("old", old)?, figures("new", new)?);
        for old in olds {
            let Some(new) = news.iter().find(|new| new.name == old.name) else { continue };
            let pair = (old.value, new.value);
            match self.rows.iter_mut().find(|row| row.name == old.name) {
                Some(row) => row.pairs.push(pair),
                None => self.rows.push(Row { name: old.name, unit: old.unit, pairs: vec![pair] }),
            }
        }
        self.machine_load.push(machine_load);
        Ok(())
    }

    /// Whether there were no failures.
    pub fn is_good(&self) -> bool {
        self.faults.is_empty()
    }

    pub fn json(&self) -> Value {
        let row = |row: &Row| {
            let pairs = row.pairs.iter().map(|(old, new)| json!({"old": old, "new": new}));
            json!({
                "figure": row.name,
                "unit": match row.unit { Unit::Time => "us", Unit::Memory => "KiB", Unit::Count => "" },
                "pairs": pairs.collect::<Vec<_>>(),
                "median_ratio_permille": row.median_ratio(),
            })
        };
        json!({
            "good": self.is_good(),
            "figures": self.rows.iter().map(row).collect::<Vec<_>>(),
            "load_average": self.machine_load,
            "faults": self.faults,
        })
    }
}

impl Row {
    fn ratios(&self) -> Vec<Option<u64>> {
        self.pairs.iter().map(|(old, new)| ratio(*old, *new)).collect()
    }

    fn median_ratio(&self) -> Option<u64> {
        median(self.ratios().into_iter().flatten().collect())
    }
}

impl Unit {
    fn format(self, value: u64) -> String {
        match self {
            Self::Time => ms(Duration::from_micros(value)),
            Self::Memory => tenths(value * 10 / 1024),
            Self::Count => value.to_string(),
        }
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>36} {:>9} {:>9} {:>7}  new / old, pair by pair",
            "", "old", "new", "median"
        )?;
        for row in &self.rows {
            let (olds, news) = row.pairs.iter().copied().unzip();
            let value =
                |values| median(values).map_or("-".to_owned(), |value| row.unit.format(value));
            let ratio = |ratio: Option<u64>| ratio.map_or("-".to_owned(), thousandths);
            let ratios: Vec<_> = row.ratios().into_iter().map(ratio).collect();
            let (name, old, new) = (&row.name, value(olds), value(news));
            let median = ratio(row.median_ratio());
            writeln!(f, "{name:>36} {old:>9} {new:>9} {median:>7}  {}", ratios.join("  "))?;
        }
        writeln!(f, "\nload average before each pair: {}", self.machine_load.join(", "))?;
        self.faults.iter().try_for_each(|fault| writeln!(f, "{fault}"))
    }
}

/// What is compared of a report.
fn figures(build: &'static str, report: &Value) -> Result<Vec<Figure>, MissingFigure> {
    let operations = report["operations"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = |name: &'static str| {
        operations.iter().find(move |row| row["operation"] == name).unwrap_or(&Value::Null)
    };
    let orders = report["functions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let orders = orders.iter().find(|row| row["function"] == "Orders").unwrap_or(&Value::Null);
    let cpu = &report["cpu_us_per_1000"];

    let mut figures = Vec::new();
    for row in operations {
        if let (Some(name), Some(value)) = (row["operation"].as_str(), row["p50_us"].as_u64())
            && name != "all"
        {
            figures.push(Figure { name: format!("{name}, p50 ms"), unit: Unit::Time, value });
        }
    }
    let required = [
        ("Stripe's events, p50 ms", Unit::Time, &report["events"]["p50_us"]),
        ("CPU of functions per 1,000, ms", Unit::Time, &cpu["functions"]),
        ("CPU of PostgreSQL per 1,000, ms", Unit::Time, &cpu["database"]),
        ("requests per second", Unit::Count, &named("all")["per_second"]),
        ("memory of Orders, MiB", Unit::Memory, &orders["largest_kib"]),
    ];
    for (name, unit, value) in required {
        let missing = || MissingFigure { build, figure: name.to_owned() };
        let value = value.as_u64().ok_or_else(missing)?;
        figures.push(Figure { name: name.to_owned(), unit, value });
    }
    Ok(figures)
}

/// Why a report says that its load test failed.
fn why_bad(report: &Value) -> String {
    let operations = report["operations"].as_array().map(Vec::as_slice).unwrap_or_default();
    let failures = operations.iter().chain([&report["events"]]).filter_map(|row| {
        let name = row["operation"].as_str().filter(|name| *name != "all")?;
        Some(format!("{name}: {}", row["first_failure"].as_str()?))
    });
    let others = ["over_budget", "breaches"]
        .into_iter()
        .flat_map(|name| report[name].as_array().into_iter().flatten().map(ToString::to_string));
    let all: Vec<_> = failures.chain(others).collect();
    if all.is_empty() { "the load test failed".to_owned() } else { all.join("; ") }
}

/// In thousandths, rounded; none of nothing.
fn ratio(old: u64, new: u64) -> Option<u64> {
    (new * 1000 + old / 2).checked_div(old)
}

/// The middle value, or the mean of both.
fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(u64::midpoint(lower, upper))
}

fn thousandths(count: u64) -> String {
    format!("{}.{:03}", count / 1000, count % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(place_us: u64, per_second: u64) -> Value {
        json!({
            "good": true,
            "operations": [
                {"operation": "all", "p50_us": 1, "per_second": per_second},
                {"operation": "place an order", "p50_us": place_us, "per_second": 1},
            ],
            "events": {"operation": "Stripe's events", "p50_us": 2000},
            "cpu_us_per_1000": {"functions": 450_000, "database": 530_000},
            "functions": [{"function": "Orders", "largest_kib": 10_240}],
        })
    }

    fn comparison(pairs: &[(u64, u64)]) -> Comparison {
        let mut comparison = Comparison::default();
        for (old, new) in pairs {
            comparison.add("1.5".to_owned(), &report(*old, 100), &report(*new, 125)).unwrap();
        }
        comparison
    }

    #[test]
    fn each_round_has_its_ratio_and_the_median_is_not_moved_by_one_bad_minute() {
        let comparison = comparison(&[(10_000, 4000), (10_000, 39_000), (9000, 3960)]);

        let text = comparison.to_string();
        let place = text.lines().find(|line| line.contains("place an order")).unwrap();
        assert!(place.ends_with("10.00      4.00   0.440  0.400  3.900  0.440"), "{place}");
        assert!(text.contains("load average before each pair: 1.5, 1.5, 1.5"), "{text}");
    }

    #[test]
    fn more_requests_a_second_are_a_ratio_above_one() {
        let text = comparison(&[(1, 1)]).to_string();

        let rate = text.lines().find(|line| line.contains("requests per second")).unwrap();
        assert!(rate.ends_with("100       125   1.250  1.250"), "{rate}");
        let memory = text.lines().find(|line| line.contains("memory of Orders")).unwrap();
        assert!(memory.ends_with("10.0      10.0   1.000  1.000"), "{memory}");
    }

    #[test]
    fn the_median_of_two_is_their_mean_and_nothing_has_no_ratio() {
        assert_eq!(median(vec![30, 10]), Some(20));
        assert_eq!(median(Vec::new()), None);
        assert_eq!(ratio(0, 5), None);
        assert_eq!(ratio(3, 2), Some(667));
    }

    #[test]
    fn an_operation_that_one_build_did_not_run_is_left_out() {
        let mut old = report(1, 1);
        old["operations"][1]["operation"] = json!("cancel an order");
        let mut comparison = Comparison::default();

        comparison.add(String::new(), &old, &report(1, 1)).unwrap();

        assert!(!comparison.to_string().contains("order, p50"), "{comparison}");
    }

    #[test]
    fn a_report_without_a_figure_is_refused_by_name() {
        let mut old = report(1, 1);
        old["events"] = Value::Null;

        let error = Comparison::default().add(String::new(), &old, &report(1, 1)).unwrap_err();

        assert_eq!(error.to_string(), "the report of the old build has no Stripe's events, p50 ms");
    }

    #[test]
    fn a_run_with_a_failure_is_named_and_makes_the_comparison_bad() {
        let mut new = report(1, 1);
        new["good"] = json!(false);
        new["operations"][1]["first_failure"] = json!("503");
        let mut comparison = Comparison::default();

        comparison.add(String::new(), &report(1, 1), &new).unwrap();

        assert!(!comparison.is_good());
        let text = comparison.to_string();
        assert!(text.contains("round 1, new: place an order: 503"), "{text}");
    }
}
