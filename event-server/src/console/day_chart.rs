//! The picture of one day: bars where they lie in time, over a grid.

use std::fmt::Write;

use super::figures;

/// Little wider than a phone, so that its names can be read there.
const WIDTH: i64 = 480;
const HEIGHT: i64 = 240;
const LEFT: i64 = 76;
/// Room for half of the last name.
const RIGHT: i64 = WIDTH - 24;
const TOP: i64 = 16;
const FOOT: i64 = HEIGHT - 32;
/// Lines across, at most.
const LINES: i64 = 5;

pub(super) struct Bar {
    pub(super) from_us: i64,
    pub(super) to_us: i64,
    /// In watts.
    pub(super) value: i64,
    /// Drawn lighter.
    pub(super) is_guess: bool,
}

/// What is drawn under the bars, and around them.
pub(super) struct Day {
    pub(super) from_us: i64,
    pub(super) to_us: i64,
    /// Moments, and what stands under them.
    pub(super) marks: Vec<(i64, String)>,
    /// A line, in watts.
    pub(super) limit: Option<i64>,
}

impl Day {
    pub(super) fn draw(&self, bars: &[Bar]) -> String {
        let values = bars.iter().map(|bar| bar.value).chain(self.limit);
        let highest = values.max().unwrap_or(0).max(1);
        let step = step(highest);
        let top = step * ((highest - 1) / step + 1);
        let mut svg = format!(
            "<svg class=\"chart day-chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-hidden=\"true\" focusable=\"false\">"
        );
        for watts in (0..=top).step_by(usize::try_from(step).unwrap_or(1)) {
            let (y, called) = (height(watts, top), figures::kw(watts));
            let _ = write!(
                svg,
                "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y}\" y2=\"{y}\"/>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{called}</text>",
                LEFT - 8,
                y + 5
            );
        }
        for bar in bars {
            let (x, y) = (self.place(bar.from_us), height(bar.value, top));
            let width = (self.place(bar.to_us) - x - 2).max(1);
            let class = if bar.is_guess { "bar guess" } else { "bar" };
            let _ = write!(
                svg,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\"/>",
                FOOT - y
            );
        }
        for (at_us, called) in &self.marks {
            let x = self.place(*at_us);
            let _ = write!(
                svg,
                "<line class=\"axis\" x1=\"{x}\" x2=\"{x}\" y1=\"{FOOT}\" y2=\"{}\"/>\
                 <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{called}</text>",
                FOOT + 6,
                HEIGHT - 6
            );
        }
        if let Some(limit) = self.limit {
            let y = height(limit, top);
            let _ = write!(
                svg,
                "<line class=\"bar-limit\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y}\" y2=\"{y}\"/>"
            );
        }
        svg + "</svg>"
    }

    /// From the left.
    fn place(&self, at_us: i64) -> i64 {
        let lasts_us = (self.to_us - self.from_us).max(1);
        LEFT + (RIGHT - LEFT) * (at_us - self.from_us).clamp(0, lasts_us) / lasts_us
    }
}

/// From the top of the picture.
fn height(watts: i64, top: i64) -> i64 {
    FOOT - (FOOT - TOP) * watts.clamp(0, top) / top.max(1)
}

/// From one line of the grid to the next, in watts: 1, 2 or 5 and zeros.
fn step(highest: i64) -> i64 {
    let mut step = 100;
    for times in [2, 5, 2].into_iter().cycle() {
        if highest <= step * LINES {
            break;
        }
        step = match times {
            5 => step / 2 * 5,
            times => step * times,
        };
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_lies_where_its_time_is_and_its_height_is_read_from_the_grid() {
        let day = Day {
            from_us: 0,
            to_us: 24,
            marks: vec![(0, "0:00".into()), (12, "12:00".into()), (24, "24:00".into())],
            limit: Some(9_000),
        };
        let bar = |from_us: i64, value: i64| Bar {
            from_us,
            to_us: from_us + 1,
            value,
            is_guess: from_us == 23,
        };
        let drawn = day.draw(&[bar(12, 10_000), bar(23, 5_000)]);
        let middle = LEFT + (RIGHT - LEFT) / 2;
        assert!(
            drawn.contains(&format!("class=\"bar\" x=\"{middle}\" y=\"{TOP}\"")),
            "{drawn}"
        );
        assert!(drawn.contains("class=\"bar guess\""), "{drawn}");
        for grid in ["0.0 kW", "2.0 kW", "8.0 kW", "10.0 kW"] {
            assert!(drawn.contains(&format!(">{grid}<")), "{grid} {drawn}");
        }
        assert!(drawn.contains(&format!(
            "<text x=\"{middle}\" y=\"234\" text-anchor=\"middle\">12:00</text>"
        )));
        assert!(drawn.contains("bar-limit"));
    }

    #[test]
    fn the_grid_has_few_lines_at_round_figures() {
        for (highest, expected) in [
            (0, 100),
            (500, 100),
            (501, 200),
            (2_400, 500),
            (8_700, 2_000),
            (26_000, 10_000),
        ] {
            assert_eq!(step(highest), expected, "{highest}");
        }
    }
}
