//! A day in a line of bars, as high as a line of text. What it shows stands beside it as a figure.

use std::fmt::Write;

use super::day_chart::Bar;

const WIDTH: i64 = 192;
const HEIGHT: i64 = 24;

/// `highest`: what fills the height, in watts, so that pictures side by side compare.
pub(super) fn draw(bars: &[Bar], (from_us, to_us): (i64, i64), highest: i64) -> String {
    let lasts_us = (to_us - from_us).max(1);
    let place = |at_us: i64| WIDTH * (at_us - from_us).clamp(0, lasts_us) / lasts_us;
    let mut path = String::new();
    for bar in bars {
        let height = HEIGHT * bar.value.clamp(0, highest) / highest.max(1);
        if height > 0 {
            let (x, width) = (place(bar.from_us), place(bar.to_us) - place(bar.from_us));
            let _ = write!(path, "M{x} {HEIGHT}v-{height}h{width}v{height}z");
        }
    }
    format!(
        "<svg class=\"sparkline\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" aria-hidden=\"true\" \
         focusable=\"false\"><path class=\"bar\" d=\"{path}\"/><path class=\"axis\" d=\"M0 {HEIGHT}h{WIDTH}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_lie_in_their_time_and_those_of_nothing_are_left_out() {
        let bar = |from_us, value| Bar {
            from_us,
            to_us: from_us + 1,
            value,
            is_guess: false,
        };
        let drawn = draw(&[bar(0, 3_000), bar(24, 1_500), bar(40, 0)], (0, 48), 3_000);
        assert!(drawn.contains("d=\"M0 24v-24h4v24zM96 24v-12h4v12z\""), "{drawn}");
    }
}
