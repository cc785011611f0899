//! Draws the points of a dimension as SVG, with logarithmic axes.

use super::table::{Dimension, Point};
use crate::measure::figures::micros;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::ops::Range;

type PlotResult<T> = Result<T, Box<dyn std::error::Error>>;
type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Metric = fn(&Point) -> u64;

const SIZE: (u32, u32) = (1320, 440);
/// Distinguishable with red-green colour blindness.
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(120, 94, 40),
    RGBColor(60, 60, 60),
];

/// Three charts side by side: median latency, and CPU time per request of the function and of PostgreSQL.
pub(super) fn picture(dimension: Dimension, points: &[&Point]) -> PlotResult<String> {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        canvas.fill(&WHITE)?;
        let panels = canvas.split_evenly((1, 3));
        let titles =
            ["median, ms", "CPU of the function, ms a request", "CPU of PostgreSQL, ms a request"];
        let metrics: [Metric; 3] = [
            |point| micros(point.figures.p50),
            |point| micros(point.function),
            |point| micros(point.database),
        ];
        for ((panel, title), metric) in panels.iter().zip(titles).zip(metrics) {
            draw(panel, dimension, title, points, metric)?;
        }
        canvas.present()?;
    }
    Ok(svg)
}

fn draw(
    panel: &Canvas<'_>,
    dimension: Dimension,
    title: &str,
    points: &[&Point],
    metric: Metric,
) -> PlotResult<()> {
    let xs = axis_range(points.iter().map(|point| u64::from(point.size)));
    let mut sizes: Vec<_> = points.iter().map(|point| u64::from(point.size)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let Range { start, end } = axis_range(points.iter().map(|point| metric(point)));
    // Room for the legend.
    let ys = start..end.saturating_mul(5);
    let mut chart = ChartBuilder::on(panel)
        .caption(title, ("sans-serif", 17))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(62)
        .build_cartesian_2d(xs.log_scale().with_key_points(sizes), ys.log_scale())?;
    chart
        .configure_mesh()
        .x_desc(dimension.size_label())
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
        let line = of_name.map(|point| (u64::from(point.size), metric(point).max(1)));
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

/// A range with all values and a margin, never empty and never from zero, for a logarithmic axis.
fn axis_range(values: impl Iterator<Item = u64>) -> Range<u64> {
    let (mut min, mut max) = (u64::MAX, 0);
    for value in values {
        (min, max) = (min.min(value.max(1)), max.max(value));
    }
    let min = min.min(max.max(1));
    min..max.max(min).saturating_mul(2)
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
        assert_eq!(axis_range([10, 1000].into_iter()), 10..2000);
        assert_eq!(axis_range([0, 0].into_iter()), 1..2);
        assert_eq!(axis_range([7].into_iter()), 7..14);
        assert_eq!(axis_range([].into_iter()), 1..2);
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

        let svg = picture(Dimension::Lines, &points.iter().collect::<Vec<_>>()).unwrap();

        assert!(svg.contains("place") && svg.contains("list") && svg.contains("lines an order"));
    }
}
