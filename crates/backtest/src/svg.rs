//! Charts as vector graphics within a page: no script, no library, nothing to load.

use std::fmt::Write as _;

use cbtrade_core::Timestamp;

/// Width and height of a chart, and of the margins for its words.
const WIDTH: f64 = 1_000.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 24.0;
/// Lines across.
const STEPS: u32 = 4;

/// A line over time.
pub(crate) struct Line {
    /// Its class in the style sheet.
    pub(crate) class: &'static str,
    pub(crate) points: Vec<(Timestamp, f64)>,
    /// Whether the space to the upper edge is filled.
    pub(crate) is_area: bool,
}

/// A band between two values over time.
pub(crate) struct Band {
    pub(crate) class: &'static str,
    pub(crate) points: Vec<(Timestamp, f64, f64)>,
}

/// A mark at a moment.
pub(crate) struct Mark {
    pub(crate) class: &'static str,
    pub(crate) at: Timestamp,
    pub(crate) value: f64,
    /// Whether it points up (a buy) or down (a sale).
    pub(crate) is_up: bool,
    /// What is shown where the pointer rests on it.
    pub(crate) title: String,
}

/// A chart.
pub(crate) struct Chart {
    pub(crate) title: &'static str,
    pub(crate) height: f64,
    pub(crate) unit: &'static str,
    pub(crate) bands: Vec<Band>,
    pub(crate) lines: Vec<Line>,
    pub(crate) marks: Vec<Mark>,
}

/// Where times and values lie.
struct Scale {
    from: i64,
    to: i64,
    low: f64,
    high: f64,
    height: f64,
}

#[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
fn float(number: i64) -> f64 {
    number as f64
}

impl Scale {
    fn of(chart: &Chart) -> Option<Self> {
        let times = chart.lines.iter().flat_map(|line| &line.points);
        let seconds = times.map(|(at, _)| at.as_seconds());
        let (from, to) = (seconds.clone().min()?, seconds.max()?);
        let of_lines = chart.lines.iter().flat_map(|line| &line.points);
        let of_bands = chart.bands.iter().flat_map(|band| &band.points);
        let values = of_lines
            .map(|(_, value)| *value)
            .chain(of_bands.flat_map(|(_, low, high)| [*low, *high]));
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            low = low.min(value);
            high = high.max(value);
        }
        // A level line lies in the middle.
        if high - low <= high.abs() * 1e-9 {
            let space = (high.abs() * 0.01).max(1e-9);
            (low, high) = (low - space, high + space);
        }
        Some(Self {
            from,
            to: to.max(from + 1),
            low,
            high,
            height: chart.height,
        })
    }

    fn x(&self, at: Timestamp) -> f64 {
        let part = float(at.as_seconds() - self.from) / float(self.to - self.from);
        LEFT + part.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let part = (value - self.low) / (self.high - self.low);
        TOP + (1.0 - part.clamp(0.0, 1.0)) * (self.height - TOP - BOTTOM)
    }
}

/// The chart as an `svg` element.
pub(crate) fn svg(chart: &Chart) -> String {
    let Some(scale) = Scale::of(chart) else {
        return String::new();
    };
    let height = chart.height;
    let mut out = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n",
        chart.title
    );
    grid(chart, &scale, &mut out);
    for band in &chart.bands {
        let upper = band.points.iter().map(|(at, _, high)| (*at, *high));
        let lower = band.points.iter().rev().map(|(at, low, _)| (*at, *low));
        let path = path(upper.chain(lower), &scale);
        let _ = writeln!(out, "<path class=\"{}\" d=\"{path}Z\"/>", band.class);
    }
    for line in &chart.lines {
        let points = || line.points.iter().copied();
        let top = |at: Timestamp| (at, f64::INFINITY);
        let ends = line.points.first().zip(line.points.last());
        if let (true, Some((first, last))) = (line.is_area, ends) {
            let around = std::iter::once(top(first.0))
                .chain(points())
                .chain(std::iter::once(top(last.0)));
            let path = path(around, &scale);
            let _ = writeln!(out, "<path class=\"{} area\" d=\"{path}Z\"/>", line.class);
        }
        let path = path(points(), &scale);
        let _ = writeln!(out, "<path class=\"{} line\" d=\"{path}\"/>", line.class);
    }
    for mark in &chart.marks {
        let (x, y) = (scale.x(mark.at), scale.y(mark.value));
        // The point of the triangle touches the price.
        let base = if mark.is_up { 9.0 } else { -9.0 };
        let _ = writeln!(
            out,
            "<path class=\"{}\" d=\"M{x:.1} {y:.1}l4.5 {base}h-9Z\"><title>{}</title></path>",
            mark.class,
            escaped(&mark.title)
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Lines across with their values, and times along the bottom.
fn grid(chart: &Chart, scale: &Scale, out: &mut String) {
    let right = WIDTH - RIGHT;
    let step = even_step((scale.high - scale.low) / f64::from(STEPS));
    let mut value = (scale.low / step).ceil() * step;
    while value <= scale.high {
        let y = scale.y(value);
        let _ = writeln!(
            out,
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}{}</text>",
            LEFT - 6.0,
            y + 4.0,
            label(value, step),
            chart.unit
        );
        value += step;
    }
    let span = scale.to - scale.from;
    for step in 0..=i64::from(STEPS) {
        let seconds = scale.from + span * step / i64::from(STEPS);
        let at = crate::feed::moment(seconds);
        let text = at.to_rfc3339();
        // Days where it takes days, else times.
        let shown = if span >= 3 * 86_400 {
            text.get(..10).unwrap_or_default().to_owned()
        } else {
            text.get(5..16).unwrap_or_default().replace('T', " ")
        };
        let anchor = match step {
            0 => "start",
            step if step == i64::from(STEPS) => "end",
            _ => "middle",
        };
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{shown}</text>",
            scale.x(at),
            scale.height - 7.0
        );
    }
}

fn path(points: impl Iterator<Item = (Timestamp, f64)>, scale: &Scale) -> String {
    let mut out = String::new();
    for (at, value) in points {
        let letter = if out.is_empty() { 'M' } else { 'L' };
        let _ = write!(out, "{letter}{:.1} {:.1}", scale.x(at), scale.y(value));
    }
    out
}

/// The next step that people count in: 1, 2 or 5 times a power of ten.
fn even_step(step: f64) -> f64 {
    let power = 10.0_f64.powf(step.log10().floor());
    let all = [1.0, 2.0, 5.0].map(|factor| factor * power);
    let even = all.into_iter().find(|even| *even >= step * 0.999_999);
    even.unwrap_or(10.0 * power)
}

/// A value with as many places as the steps ask for.
fn label(value: f64, mut step: f64) -> String {
    let mut places = 0;
    while step < 0.999_999 && places < 12 {
        step *= 10.0;
        places += 1;
    }
    let text = format!("{value:.places$}");
    if text
        .trim_start_matches('-')
        .chars()
        .all(|digit| "0.".contains(digit))
    {
        return "0".to_owned();
    }
    text
}

/// Text that means nothing else in a page.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::moment;

    #[test]
    fn a_chart_lies_within_its_frame() {
        let chart = Chart {
            title: "equity",
            height: 200.0,
            unit: "",
            bands: Vec::new(),
            lines: vec![Line {
                class: "equity",
                points: vec![(moment(0), 100.0), (moment(60), 140.0), (moment(120), 90.0)],
                is_area: true,
            }],
            marks: vec![Mark {
                class: "buy",
                at: moment(60),
                value: 140.0,
                is_up: true,
                title: "a < b".to_owned(),
            }],
        };
        let text = svg(&chart);
        assert!(
            text.contains("M76.0 142.8L532.0 10.0L988.0 176.0"),
            "{text}"
        );
        let values = [">100<", ">120<", ">140<"];
        assert!(values.iter().all(|value| text.contains(value)), "{text}");
        assert!(text.contains("a &lt; b"));
        assert_eq!(
            svg(&Chart {
                lines: Vec::new(),
                ..chart
            }),
            ""
        );
    }

    #[test]
    fn labels_have_as_many_places_as_it_takes() {
        assert_eq!(label(97_000.0, 1_000.0), "97000");
        assert_eq!(label(0.000_12, even_step(0.000_013)), "0.00012");
        assert_eq!(label(-0.0, 2.0), "0");
        assert_eq!(even_step(3.0).to_bits(), 5.0_f64.to_bits());
        assert_eq!(even_step(60.0).to_bits(), 100.0_f64.to_bits());
    }
}
