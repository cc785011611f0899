//! Alarms of `CloudWatch`, evaluated at the end of each minute over windows that slide
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>).
#![expect(clippy::float_arithmetic, reason = "CloudWatch calculates with floating-point numbers")]

use super::expression::evaluate;
use super::timeline::{Metric, Timeline};

/// `CloudWatch` looks back over more periods than it evaluates, in case some have no data.
const FURTHER_PERIODS: i64 = 2;

#[derive(Clone, Debug)]
pub(super) struct Alarm {
    pub(super) name: String,
    pub(super) queries: Vec<(String, Query)>,
    /// The id of the query whose values are compared.
    pub(super) compared: String,
    pub(super) period_minutes: i64,
    pub(super) evaluation_periods: usize,
    pub(super) breaching_periods: usize,
    pub(super) threshold: f64,
    pub(super) comparison: Comparison,
    pub(super) missing: Missing,
}

#[derive(Clone, Debug)]
pub(super) enum Query {
    Stat(Statistic, Metric),
    Expression(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    Sum,
    Maximum,
    Average,
    P99,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Greater,
    Less,
}

/// What a period without data counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Breaching,
    NotBreaching,
}

impl Statistic {
    fn of(self, mut samples: Vec<f64>) -> Option<f64> {
        samples.sort_by(f64::total_cmp);
        let last = *samples.last()?;
        let count = u32::try_from(samples.len()).unwrap();
        Some(match self {
            Self::Sum => samples.iter().sum(),
            Self::Maximum => last,
            Self::Average => samples.iter().sum::<f64>() / f64::from(count),
            Self::P99 => samples[(samples.len() * 99).div_ceil(100) - 1],
        })
    }
}

impl Alarm {
    /// Whether it is in the state ALARM at the end of a minute.
    pub(super) fn is_ringing(&self, timeline: &Timeline, minute: i64) -> bool {
        let range = i64::try_from(self.evaluation_periods).unwrap() + FURTHER_PERIODS;
        let ends = (0..range).rev().map(|back| minute - back * self.period_minutes);
        let points: Vec<_> = ends.map(|end| self.value(&self.compared, timeline, end)).collect();
        self.rings_at(&points)
    }

    /// The first of the minutes at whose end it rings.
    pub(super) fn first(
        &self,
        timeline: &Timeline,
        minutes: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        let mut minutes = minutes;
        minutes.find(|minute| self.is_ringing(timeline, *minute))
    }

    /// The points of the evaluation range, the newest last. Only as many missing ones count as are needed to fill the
    /// evaluation periods.
    fn rings_at(&self, points: &[Option<f64>]) -> bool {
        let real: Vec<f64> = points.iter().flatten().copied().collect();
        let missing = self.evaluation_periods.saturating_sub(real.len());
        let newest = &real[real.len().saturating_sub(self.evaluation_periods)..];
        let breaching = newest.iter().filter(|value| self.is_breaching(**value)).count();
        let filled = if self.missing == Missing::Breaching { missing } else { 0 };
        breaching + filled >= self.breaching_periods
    }

    fn is_breaching(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::Greater => value > self.threshold,
            Comparison::Less => value < self.threshold,
        }
    }

    fn value(&self, id: &str, timeline: &Timeline, end: i64) -> Option<f64> {
        let (_, query) = self.queries.iter().find(|(known, _)| known == id)?;
        match query {
            Query::Stat(statistic, metric) => {
                statistic.of(timeline.between(metric, end - self.period_minutes, end))
            }
            Query::Expression(text) => evaluate(text, &|id| self.value(id, timeline, end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(breaching_periods: usize, evaluation_periods: usize, missing: Missing) -> Alarm {
        Alarm {
            name: "example".to_owned(),
            queries: vec![(
                "m".to_owned(),
                Query::Stat(Statistic::Sum, Metric::new("shop", "A", None)),
            )],
            compared: "m".to_owned(),
            period_minutes: 1,
            evaluation_periods,
            breaching_periods,
            threshold: 0.0,
            comparison: Comparison::Greater,
            missing,
        }
    }

    /// `X` breaches, `0` does not, `-` is missing: the notation of `CloudWatch`'s documentation.
    fn points(text: &str) -> Vec<Option<f64>> {
        let points = text.split(' ').map(|point| match point {
            "X" => Some(1.0),
            "0" => Some(0.0),
            _ => None,
        });
        points.collect()
    }

    /// Rows of the documentation's tables: the points, and whether the alarm rings if missing points breach, and if not.
    fn check(breaching_periods: usize, rows: &[(&str, bool, bool)]) {
        for (text, breaching, not_breaching) in rows {
            let rings = |missing| alarm(breaching_periods, 3, missing).rings_at(&points(text));
            assert_eq!(rings(Missing::Breaching), *breaching, "{text}: missing points breach");
            assert_eq!(rings(Missing::NotBreaching), *not_breaching, "{text}: they do not");
        }
    }

    #[test]
    fn three_of_three_points_are_evaluated_as_documented() {
        check(
            3,
            &[
                ("0 - X - X", false, false),
                ("0 - - - -", false, false),
                ("- - - - -", true, false),
                ("0 X X - X", true, true),
                ("- - X - -", true, false),
            ],
        );
    }

    #[test]
    fn two_of_three_points_are_evaluated_as_documented() {
        check(
            2,
            &[
                ("0 - X - X", true, true),
                ("0 0 X 0 X", true, true),
                ("0 - X - -", true, false),
                ("- - - - 0", true, false),
                ("- - - - X", true, false),
            ],
        );
    }

    #[test]
    fn statistics_are_those_of_all_samples_of_a_period() {
        let samples: Vec<f64> = (1..=200).map(f64::from).collect();

        assert_eq!(Statistic::Sum.of(samples.clone()), Some(20_100.0));
        assert_eq!(Statistic::Maximum.of(samples.clone()), Some(200.0));
        assert_eq!(Statistic::Average.of(samples.clone()), Some(100.5));
        assert_eq!(Statistic::P99.of(samples), Some(198.0));
        assert_eq!(Statistic::P99.of(vec![7.0]), Some(7.0), "few samples are evaluated as well");
        assert_eq!(Statistic::Sum.of(Vec::new()), None);
    }

    /// The documentation's example: with a period of five minutes, minutes 1 to 5 are evaluated, then minutes 2 to 6.
    #[test]
    fn the_window_of_a_long_period_slides_by_minutes() {
        let mut timeline = Timeline::default();
        timeline.add(Metric::new("shop", "A", None), 3, 1.0);
        let five = Alarm { period_minutes: 5, ..alarm(1, 1, Missing::NotBreaching) };

        let ringing: Vec<_> =
            (1..=30).filter(|minute| five.is_ringing(&timeline, *minute)).collect();

        // The point is the only one of the range, and the newest real one, until it is out of the range.
        assert_eq!(ringing.first(), Some(&3));
        assert_eq!(ringing.last(), Some(&17));
    }

    #[test]
    fn data_that_stops_is_noticed_late_unless_it_is_filled() {
        let mut timeline = Timeline::default();
        for minute in -60..=0 {
            timeline.add(Metric::new("shop", "A", None), minute, 1.0);
        }
        let missing = Alarm {
            comparison: Comparison::Less,
            threshold: 1.0,
            period_minutes: 5,
            ..alarm(1, 1, Missing::Breaching)
        };
        let mut filled = missing.clone();
        filled.queries.push(("f".to_owned(), Query::Expression("FILL(m, 0)".to_owned())));
        filled.compared = "f".to_owned();

        assert_eq!(missing.first(&timeline, 1..=60), Some(15));
        assert_eq!(filled.first(&timeline, 1..=60), Some(5));
    }
}
