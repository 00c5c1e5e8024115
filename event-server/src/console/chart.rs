//! Pictures of figures, as SVG without any style of its own. The same figures stand beside them as text.

use std::fmt::Write;

/// Little wider than a phone, so that its names can be read there.
const WIDTH: i64 = 480;
const HEIGHT: i64 = 180;
const LEFT: i64 = 68;
const BOTTOM: i64 = 28;

/// A line through values at equal distances.
pub(super) fn curve(values: &[i64], [first, last]: [&str; 2]) -> String {
    let highest = values.iter().copied().max().unwrap_or(1).max(1);
    let steps = i64::try_from(values.len()).unwrap_or(1).saturating_sub(1).max(1);
    let mut svg = begin(highest);
    svg.push_str("<polyline class=\"curve\" points=\"");
    for (index, value) in (0_i64..).zip(values) {
        let (x, y) = (
            LEFT + index * (WIDTH - LEFT) / steps,
            HEIGHT - BOTTOM - scaled(*value, highest),
        );
        let _ = write!(svg, "{x},{y} ");
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
