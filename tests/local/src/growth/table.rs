//! What was seen, for a person and for a program.

use super::Error;
use super::plot;
use crate::measure::figures::{micros, ms, per_second};
use crate::measure::{Done, Figures, Usage};
use serde_json::{Value, json};
use std::fmt::{self, Display};
use std::path::Path;
use std::time::Duration;

/// What cost is asked to grow with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Rows,
    Instances,
    Lines,
    Hot,
}

/// Everything that was seen.
#[derive(Default)]
pub struct Growth {
    pub(super) points: Vec<Point>,
    /// What does not hold any more.
    pub(super) breaches: Vec<String>,
}

/// One thing at one size.
pub(super) struct Point {
    pub(super) of: Question,
    pub(super) name: &'static str,
    pub(super) size: u32,
    pub(super) figures: Figures,
    pub(super) took: Duration,
    /// CPU a request.
    pub(super) function: Duration,
    pub(super) database: Duration,
}

impl Question {
    pub(super) const ALL: [Self; 4] = [Self::Rows, Self::Instances, Self::Lines, Self::Hot];

    /// What the size counts.
    pub(super) fn counts(self) -> &'static str {
        match self {
            Self::Rows => "products and orders",
            Self::Instances => "instances at once",
            Self::Lines => "lines an order",
            Self::Hot => "products that 16 buyers want",
        }
    }

    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Rows => "rows.svg",
            Self::Instances => "instances.svg",
            Self::Lines => "lines.svg",
            Self::Hot => "hot.svg",
        }
    }
}

impl Point {
    pub(super) fn new(
        of: Question,
        name: &'static str,
        size: u32,
        function: &str,
        took: Duration,
        done: Vec<Done>,
        used: &Usage,
    ) -> Self {
        let figures = Figures::of(done);
        let each = u32::try_from(figures.count.max(1)).unwrap_or(u32::MAX);
        let cpu = used.functions.get(function).map(|used| used.cpu).unwrap_or_default();
        Self { of, name, size, figures, took, function: cpu / each, database: used.database / each }
    }

    fn json(&self) -> Value {
        let Figures { count, failed, first_failure, p50, p99 } = &self.figures;
        json!({
            "grows_with": self.of.counts(), "request": self.name, "size": self.size,
            "requests": count, "failed": failed, "first_failure": first_failure,
            "per_second": per_second(*count, self.took), "p50_us": micros(*p50), "p99_us": micros(*p99),
            "function_cpu_us": micros(self.function), "database_cpu_us": micros(self.database),
        })
    }
}

impl Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { count, failed, p50, p99, .. } = &self.figures;
        write!(
            f,
            "{:>20} {:>9} {count:>9} {:>7} {:>9} {:>9} {:>9} {:>9} {failed:>7}",
            self.name,
            self.size,
            per_second(*count, self.took),
            ms(*p50),
            ms(*p99),
            ms(self.function),
            ms(self.database)
        )
    }
}

impl Growth {
    /// Whether every request had the answer it should have, and the books are in order.
    pub fn is_good(&self) -> bool {
        let good = |point: &Point| point.figures.failed == 0 && point.figures.count > 0;
        !self.points.is_empty() && self.points.iter().all(good) && self.breaches.is_empty()
    }

    pub fn json(&self) -> Value {
        json!({
            "good": self.is_good(),
            "points": self.points.iter().map(Point::json).collect::<Vec<_>>(),
            "breaches": self.breaches,
        })
    }

    /// Draws a picture a question into this folder.
    pub fn draw(&self, folder: &Path) -> Result<(), Error> {
        let failed =
            |error: &dyn Display| Error::Plot(error.to_string(), folder.display().to_string());
        std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        for of in Question::ALL {
            let points: Vec<_> = self.points.iter().filter(|point| point.of == of).collect();
            let picture = plot::picture(of, &points).map_err(|error| failed(&error))?;
            std::fs::write(folder.join(of.file()), picture).map_err(|error| failed(&error))?;
        }
        Ok(())
    }
}

impl Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for of in Question::ALL {
            writeln!(
                f,
                "by {}\n{:>20} {:>9} {:>9} {:>7} {:>9} {:>9} {:>9} {:>9} {:>7}",
                of.counts(),
                "",
                "size",
                "requests",
                "per s",
                "p50 ms",
                "p99 ms",
                "CPU ms",
                "PG ms",
                "failed"
            )?;
            for point in self.points.iter().filter(|point| point.of == of) {
                writeln!(f, "{point}")?;
                if let Some(why) = &point.figures.first_failure {
                    writeln!(f, "{:>20} first failure: {why}", "")?;
                }
            }
            writeln!(f)?;
        }
        for breach in &self.breaches {
            writeln!(f, "does not hold: {breach}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::growth) fn point(name: &'static str, size: u32, failed: bool) -> Point {
        let failed = failed.then(|| "503".to_owned());
        let done = vec![Done { took: Duration::from_millis(u64::from(size)), failed }; 2];
        let used = Usage { database: Duration::from_millis(8), ..Usage::default() };
        Point::new(Question::Lines, name, size, "Orders", Duration::from_secs(1), done, &used)
    }

    #[test]
    fn cpu_is_told_by_the_request() {
        assert_eq!(point("place", 3, false).database, Duration::from_millis(4));
    }

    #[test]
    fn a_failure_is_named_and_makes_all_of_it_bad() {
        let points = vec![point("place", 1, false), point("place", 3, true)];
        let growth = Growth { points, breaches: Vec::new() };

        assert!(!growth.is_good());
        assert!(growth.to_string().contains("first failure: 503"), "{growth}");
    }
}
