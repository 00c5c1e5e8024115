//! What an outlet's panel file says of it.

use serde::{Deserialize, Serialize};

use crate::units::{MilliAmps, Millis, WattHours, Watts};

/// An outlet's limits and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// A breaker that has not moved this long after a write has not obeyed.
    pub verify: Millis,
    /// Between opening and closing again.
    pub min_off: Millis,
    pub max_closings_per_hour: u16,
    /// More than the circuit can carry: registers that move faster are wrong.
    pub max_power: Watts,
    /// The register advances by as much at once.
    pub register_step: WattHours,
    /// Where there is a trip contact, a breaker is closed only while it says "not tripped".
    pub has_trip_contact: bool,
    /// From this current on the car is charging.
    pub charging_from: MilliAmps,
    /// Charging is paused after this long without current.
    pub paused_after: Millis,
    /// Currents above are reported as a rise.
    pub rise_threshold: Option<MilliAmps>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            verify: Millis(1500),
            min_off: Millis::seconds(10),
            max_closings_per_hour: 12,
            max_power: Watts(6_000),
            register_step: WattHours(1),
            has_trip_contact: true,
            charging_from: MilliAmps(500),
            paused_after: Millis::seconds(60),
            rise_threshold: None,
        }
    }
}
