//! Pictures of figures, as SVG without any style of its own. The same figures stand beside them as text.

use std::fmt::Write;

/// Little wider than a phone, so that its names can be read there.
const WIDTH: i64 = 480;
const HEIGHT: i64 = 180;
const LEFT: i64 = 68;
const BOTTOM: i64 = 28;

/// A stretch of time in which the power was the same, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from_us: i64,
    pub(super) to_us: i64,
    pub(super) watts: i64,
}

/// A line in steps over a time, and what stands under its ends.
pub(super) fn curve(stretches: &[Stretch], (from_us, to_us): (i64, i64), [first, last]: [&str; 2]) -> String {
    let highest = stretches.iter().map(|stretch| stretch.watts).max();
    let highest = highest.unwrap_or(1).max(1);
    let lasts_us = (to_us - from_us).max(1);
    let place = |at_us: i64| LEFT + (WIDTH - LEFT) * (at_us - from_us).clamp(0, lasts_us) / lasts_us;
    let mut svg = begin(highest);
    svg.push_str("<polyline class=\"curve\" points=\"");
    for stretch in stretches {
        let y = HEIGHT - BOTTOM - scaled(stretch.watts, highest);
        let _ = write!(
            svg,
            "{},{y} {},{y} ",
            place(stretch.from_us),
            place(stretch.to_us)
        );
    }
    let foot = HEIGHT - 6;
    let _ = write!(
        svg,
        "\"/><text x=\"{LEFT}\" y=\"{foot}\">{first}</text><text x=\"{WIDTH}\" y=\"{foot}\" text-anchor=\"end\">{last}</text>"
    );
    svg + "</svg>"
}

/// The frame, the axis, and what its top means.
fn begin(highest: i64) -> String {
    let (foot, top) = (HEIGHT - BOTTOM, super::figures::kw(highest));
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-hidden=\"true\" focusable=\"false\">\
         <text x=\"0\" y=\"14\">{top}</text><text x=\"0\" y=\"{foot}\">0 kW</text>\
         <line class=\"axis\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{foot}\" y2=\"{foot}\"/>"
    )
}

/// Height on the picture.
fn scaled(value: i64, highest: i64) -> i64 {
    value.max(0).saturating_mul(HEIGHT - BOTTOM - 16) / highest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_that_stays_is_a_level_line_as_long_as_its_time() {
        let stretch = |from_us, to_us, watts| Stretch {
            from_us,
            to_us,
            watts,
        };
        let drawn = curve(
            &[stretch(0, 50, 3_000), stretch(50, 100, 0)],
            (0, 100),
            ["7:00", "8:00"],
        );
        let middle = LEFT + (WIDTH - LEFT) / 2;
        let points = format!("points=\"{LEFT},16 {middle},16 {middle},152 {WIDTH},152 \"");
        assert!(drawn.contains(&points), "{drawn}");
    }
}
