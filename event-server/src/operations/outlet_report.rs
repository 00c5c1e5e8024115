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
}
