//! The results of a load test, as text and as JSON.

use super::cold::ColdStart;
use super::{Options, Outcomes};
use crate::measure::figures::{micros, ms, per_second, tenths};
use crate::measure::{Figures, RequestOutcome, Usage};
use serde_json::{Value, json};
use std::fmt::{self, Display};
use std::time::Duration;

/// The results of a load test.
pub struct Report {
    options: Options,
    took: Duration,
    rows: Vec<Row>,
    /// Stripe's events. One that is not answered with 200 has failed.
    events: Row,
    used: Usage,
    cold: Vec<ColdStart>,
    over_budget: Vec<String>,
    breaches: Vec<Value>,
}

struct Row {
    name: &'static str,
    figures: Figures,
}

impl Report {
    #[expect(clippy::too_many_arguments, reason = "there is one caller, which has them all")]
    pub(super) fn new(
        options: Options,
        took: Duration,
        outcomes: Outcomes,
        events: Vec<RequestOutcome>,
        used: Usage,
        cold: Vec<ColdStart>,
        over_budget: Vec<String>,
        breaches: Vec<Value>,
    ) -> Self {
        let all = outcomes.values().flatten().cloned().collect();
        let mut rows = vec![Row::new("all", all)];
        rows.extend(outcomes.into_iter().map(|(of, outcomes)| Row::new(of.name(), outcomes)));
        let events = Row::new("Stripe's events", events);
        Self { options, took, rows, events, used, cold, over_budget, breaches }
    }

    /// Whether all responses were as expected, no budget is exceeded, and all invariants hold.
    pub fn is_good(&self) -> bool {
        self.rows[0].figures.failed == 0
            && self.rows[0].figures.count > 0
            && self.events.figures.failed == 0
            && self.over_budget.is_empty()
            && self.breaches.is_empty()
    }

    /// The number of requests and webhook events.
    fn served(&self) -> usize {
        self.rows[0].figures.count + self.events.figures.count
    }

    fn cpu(&self) -> Duration {
        self.used.functions.values().map(|function| function.cpu).sum()
    }

    fn per_1000(&self, spent: Duration) -> Duration {
        let served = u64::try_from(self.served().max(1)).unwrap_or(u64::MAX);
        Duration::from_micros(micros(spent) * 1000 / served)
    }

    fn per_second(&self, count: usize) -> u64 {
        per_second(count, self.took)
    }

    pub fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "operation": row.name, "requests": row.figures.count, "failed": row.figures.failed, "first_failure": row.figures.first_failure,
                "per_second": self.per_second(row.figures.count), "p50_us": micros(row.figures.p50), "p99_us": micros(row.figures.p99),
            })
        };
        let cold = |cold: &ColdStart| {
            json!({
                "function": cold.function, "binary_bytes": cold.bytes,
                "init_us": micros(cold.init), "init_cpu_us": micros(cold.init_cpu),
                "first_answer_us": micros(cold.first_response), "first_answer_cpu_us": micros(cold.first_response_cpu),
            })
        };
        let memory = self.used.functions.iter().filter(|(_, used)| used.instances > 0);
        let memory = memory.map(|(id, used)| {
            json!({
                "function": id, "instances": used.instances, "largest_kib": used.memory, "cpu_us": micros(used.cpu),
            })
        });
        json!({
            "good": self.is_good(),
            "took_us": micros(self.took),
            "at_once": self.options.at_once,
            "operations": self.rows.iter().map(row).collect::<Vec<_>>(),
            "events": row(&self.events),
            "cpu_us_per_1000": {
                "functions": micros(self.per_1000(self.cpu())),
                "database": micros(self.per_1000(self.used.database)),
            },
            "functions": memory.collect::<Vec<_>>(),
            "cold": self.cold.iter().map(cold).collect::<Vec<_>>(),
            "over_budget": self.over_budget,
            "breaches": self.breaches,
        })
    }
}

impl Row {
    fn new(name: &'static str, outcomes: Vec<RequestOutcome>) -> Self {
        Self { name, figures: Figures::of(outcomes) }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>16} {:>9} {:>8} {:>9} {:>9} {:>7}",
            "", "requests", "per s", "p50 ms", "p99 ms", "failed"
        )?;
        for row in self.rows.iter().chain([&self.events]) {
            let (p50, p99) = (ms(row.figures.p50), ms(row.figures.p99));
            let rate = self.per_second(row.figures.count);
            writeln!(
                f,
                "{:>16} {:>9} {rate:>8} {p50:>9} {p99:>9} {:>7}",
                row.name, row.figures.count, row.figures.failed
            )?;
            if let Some(why) = &row.figures.first_failure {
                writeln!(f, "{:>16} first failure: {why}", "")?;
            }
        }
        let (functions, database) = (self.per_1000(self.cpu()), self.per_1000(self.used.database));
        writeln!(
            f,
            "\nCPU per 1,000 requests and events: functions {} ms, PostgreSQL {} ms",
            ms(functions),
            ms(database)
        )?;
        writeln!(
            f,
            "\n{:>16} {:>9} {:>8} {:>8} {:>8} {:>8} {:>10} {:>9} {:>9}",
            "function",
            "binary MB",
            "init ms",
            "init CPU",
            "first ms",
            "its CPU",
            "instances",
            "RSS MB",
            "CPU ms"
        )?;
        for (id, used) in &self.used.functions {
            let cold = self.cold.iter().find(|cold| cold.function == *id);
            if used.instances == 0 && cold.is_none() {
                continue;
            }
            let column = |format: fn(&ColdStart) -> String| cold.map_or("-".to_owned(), format);
            let binary = column(|cold| tenths(cold.bytes / 100_000));
            let init = column(|cold| ms(cold.init));
            let init_cpu = column(|cold| ms(cold.init_cpu));
            let first = column(|cold| ms(cold.first_response));
            let first_cpu = column(|cold| ms(cold.first_response_cpu));
            let memory = tenths(used.memory / 102);
            let cpu = ms(used.cpu);
            writeln!(
                f,
                "{id:>16} {binary:>9} {init:>8} {init_cpu:>8} {first:>8} {first_cpu:>8} {:>10} {memory:>9} {cpu:>9}",
                used.instances
            )?;
        }
        for over in &self.over_budget {
            writeln!(f, "over budget: {over}")?;
        }
        if self.breaches.is_empty() {
            return writeln!(f, "\nevery invariant holds");
        }
        writeln!(f, "\ndoes not hold: {}", Value::from(self.breaches.clone()))
    }
}
