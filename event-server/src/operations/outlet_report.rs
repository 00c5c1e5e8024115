//! What a station says of one outlet, in our words.

use domain::observation::Position;

/// One look at a meter. What was not measured is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// The station's time, microseconds.
    pub(crate) at: i64,
    pub(crate) register_wh: Option<i64>,
    pub(crate) voltage_mv: Option<i64>,
    pub(crate) current_ma: Option<i64>,
    pub(crate) power_w: Option<i64>,
}

/// What was seen of the breaker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) breaker: Position,
    pub(crate) tripped: bool,
    pub(crate) fault: Option<String>,
}

/// The place of a report in our own controller's journal: numbers rise, but reports overtake samples there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which journal: a new controller begins a new one.
    pub(crate) journal: i64,
    pub(crate) number: i64,
    pub(crate) is_sample: bool,
}

/// Samples of one outlet, the oldest first, and what else came with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutletReport {
    /// The station's time, microseconds.
    pub(crate) at: i64,
    pub(crate) samples: Vec<Sample>,
    /// `None` where the station says nothing about it.
    pub(crate) seen: Option<Seen>,
    /// Whether it answers a status request.
    pub(crate) requested: bool,
    /// `None` from stations of other makers.
    pub(crate) place: Option<Place>,
}

/// A station's clock further off than this is not believed.
const CREDIBLE_US: i64 = 400 * 24 * 3600 * 1_000_000;

/// The station's time, or the arrival's where the station's clock cannot be right.
pub(crate) fn credible(at_us: i64, received_us: i64) -> i64 {
    let off_us = at_us.saturating_sub(received_us).saturating_abs();
    if off_us > CREDIBLE_US { received_us } else { at_us }
}

impl OutletReport {
    /// Puts right what a station tells whose clock cannot be right.
    pub(crate) fn correct_times(&mut self, received_us: i64) {
        self.at = credible(self.at, received_us);
        for sample in &mut self.samples {
            sample.at = credible(sample.at, received_us);
        }
    }
}
