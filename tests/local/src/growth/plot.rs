//! Draws points over their sizes, both axes logarithmic: what grows with the size is a line that climbs.

use super::table::{Point, Question};
use crate::measure::figures::micros;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::ops::Range;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Reading = fn(&Point) -> u64;

const SIZE: (u32, u32) = (1320, 440);
/// Told apart by people who do not see red and green alike.
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(120, 94, 40),
    RGBColor(60, 60, 60),
];

/// Latency, and CPU of the function and of the database a request, side by side.
pub(super) fn picture(of: Question, points: &[&Point]) -> Outcome<String> {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        canvas.fill(&WHITE)?;
        let panels = canvas.split_evenly((1, 3));
        let titles =
            ["median, ms", "CPU of the function, ms a request", "CPU of PostgreSQL, ms a request"];
        let readings: [Reading; 3] = [
            |point| micros(point.figures.p50),
            |point| micros(point.function),
            |point| micros(point.database),
        ];
        for ((panel, title), reading) in panels.iter().zip(titles).zip(readings) {
            draw(panel, of, title, points, reading)?;
        }
        canvas.present()?;
    }
    Ok(svg)
}

fn draw(
    panel: &Canvas<'_>,
    of: Question,
    title: &str,
    points: &[&Point],
    reading: Reading,
) -> Outcome<()> {
    let xs = around(points.iter().map(|point| u64::from(point.size)));
    let mut sizes: Vec<_> = points.iter().map(|point| u64::from(point.size)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let Range { start, end } = around(points.iter().map(|point| reading(point)));
    // A decade more than is needed, for the names.
    let ys = start..end.saturating_mul(5);
    let mut chart = ChartBuilder::on(panel)
        .caption(title, ("sans-serif", 17))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(62)
        .build_cartesian_2d(xs.log_scale().with_key_points(sizes), ys.log_scale())?;
    chart
        .configure_mesh()
        .x_desc(of.counts())
        .x_label_formatter(&|size| size.to_string())
        .y_label_formatter(&|micros| in_ms(*micros))
        .max_light_lines(0)
        .bold_line_style(BLACK.mix(0.1))
        .y_labels(8)
        .draw()?;
    let mut names: Vec<&str> = Vec::new();
    for point in points {
        if !names.contains(&point.name) {
            names.push(point.name);
        }
    }
    for (name, color) in names.into_iter().zip(COLORS.into_iter().cycle()) {
        let of_name = points.iter().filter(|point| point.name == name);
        let line = of_name.map(|point| (u64::from(point.size), reading(point).max(1)));
        let series = LineSeries::new(line, color.stroke_width(2)).point_size(3);
        let mark = move |(x, y)| PathElement::new([(x, y), (x + 14, y)], color.stroke_width(2));
        chart.draw_series(series)?.label(name).legend(mark);
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .label_font(("sans-serif", 12))
        .draw()?;
    Ok(())
}

/// From the least to the most, with room beyond; never empty, and never from zero.
fn around(values: impl Iterator<Item = u64>) -> Range<u64> {
    let (mut least, mut most) = (u64::MAX, 0);
    for value in values {
        (least, most) = (least.min(value.max(1)), most.max(value));
    }
    let least = least.min(most.max(1));
    least..most.max(least).saturating_mul(2)
}

fn in_ms(micros: u64) -> String {
    let text = format!("{}.{:03}", micros / 1000, micros % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::growth::table::tests::point;

    #[test]
    fn an_axis_holds_all_values_and_no_zero() {
        assert_eq!(around([10, 1000].into_iter()), 10..2000);
        assert_eq!(around([0, 0].into_iter()), 1..2);
        assert_eq!(around([7].into_iter()), 7..14);
        assert_eq!(around([].into_iter()), 1..2);
    }

    #[test]
    fn an_axis_is_labelled_in_milliseconds() {
        assert_eq!(
            (in_ms(1500), in_ms(20), in_ms(3_000)),
            ("1.5".into(), "0.02".into(), "3".into())
        );
    }

    #[test]
    fn every_series_is_named_in_the_picture() {
        let points =
            [point("place", 1, false), point("place", 100, false), point("list", 1, false)];

        let svg = picture(Question::Lines, &points.iter().collect::<Vec<_>>()).unwrap();

        assert!(svg.contains("place") && svg.contains("list") && svg.contains("lines an order"));
    }
}
