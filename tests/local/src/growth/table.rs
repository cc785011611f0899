//! The results of the measurement, as text and as JSON.

use super::Error;
use super::plot;
use crate::measure::figures::{micros, ms, per_second};
use crate::measure::{Figures, RequestOutcome, Usage};
use serde_json::{Value, json};
use std::fmt::{self, Display};
use std::path::Path;
use std::time::Duration;

/// What the cost may grow with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    Rows,
    Instances,
    Lines,
    HotProduct,
}

/// The results of all dimensions.
#[derive(Default)]
pub struct Growth {
    pub(super) points: Vec<Point>,
    /// The broken invariants.
    pub(super) breaches: Vec<String>,
}

/// One kind of request at one size.
pub(super) struct Point {
    pub(super) dimension: Dimension,
    pub(super) name: &'static str,
    pub(super) size: u32,
    pub(super) figures: Figures,
    pub(super) took: Duration,
    /// CPU time per request.
    pub(super) function: Duration,
    pub(super) database: Duration,
}

impl Dimension {
    pub(super) const ALL: [Self; 4] = [Self::Rows, Self::Instances, Self::Lines, Self::HotProduct];

    /// The unit of the size.
    pub(super) fn size_label(self) -> &'static str {
        match self {
            Self::Rows => "products and orders",
            Self::Instances => "instances at once",
            Self::Lines => "lines an order",
            Self::HotProduct => "products that 16 buyers want",
        }
    }

    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Rows => "rows.svg",
            Self::Instances => "instances.svg",
            Self::Lines => "lines.svg",
            Self::HotProduct => "hot.svg",
        }
    }
}

impl Point {
    pub(super) fn new(
        dimension: Dimension,
        name: &'static str,
        size: u32,
        function: &str,
        took: Duration,
        outcomes: Vec<RequestOutcome>,
        used: &Usage,
    ) -> Self {
        let figures = Figures::of(outcomes);
        let each = u32::try_from(figures.count.max(1)).unwrap_or(u32::MAX);
        let cpu = used.functions.get(function).map(|used| used.cpu).unwrap_or_default();
        Self {
            dimension,
            name,
            size,
            figures,
            took,
            function: cpu / each,
            database: used.database / each,
        }
    }

    fn json(&self) -> Value {
        let Figures { count, failed, first_failure, p50, p99 } = &self.figures;
        json!({
            "grows_with": self.dimension.size_label(), "request": self.name, "size": self.size,
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
    /// Whether all responses were as expected and all invariants hold.
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

    /// Writes a picture for each dimension into this folder.
    pub fn draw(&self, folder: &Path) -> Result<(), Error> {
        let failed =
            |error: &dyn Display| Error::Plot(error.to_string(), folder.display().to_string());
        std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        for dimension in Dimension::ALL {
            let points: Vec<_> =
                self.points.iter().filter(|point| point.dimension == dimension).collect();
            let picture = plot::picture(dimension, &points).map_err(|error| failed(&error))?;
            std::fs::write(folder.join(dimension.file()), picture)
                .map_err(|error| failed(&error))?;
        }
        Ok(())
    }
}

impl Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for dimension in Dimension::ALL {
            writeln!(
                f,
                "by {}\n{:>20} {:>9} {:>9} {:>7} {:>9} {:>9} {:>9} {:>9} {:>7}",
                dimension.size_label(),
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
            for point in self.points.iter().filter(|point| point.dimension == dimension) {
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
        let outcomes =
            vec![RequestOutcome { took: Duration::from_millis(u64::from(size)), failed }; 2];
        let used = Usage { database: Duration::from_millis(8), ..Usage::default() };
        Point::new(Dimension::Lines, name, size, "Orders", Duration::from_secs(1), outcomes, &used)
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
