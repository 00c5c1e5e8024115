//! What an outlet's panel file says of it.

use serde::{Deserialize, Serialize};

use crate::units::{MilliAmps, Millis, WattHours, Watts};

/// An outlet's limits and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Remote ON is refused until the panel was put into service.
    pub commissioned: bool,
    /// A breaker that has heard a write has moved after this long.
    pub travel: Millis,
    /// A breaker that has not moved this long after a write has not obeyed.
    pub verify: Millis,
    /// Between opening and closing again.
    pub min_off: Millis,
    /// No charge is ended sooner for want of current; every other end is at once.
    pub min_on: Millis,
    pub max_closings_per_hour: u16,
    pub max_closings_per_10_min: u16,
    /// How often the breaker may close in its life; 0 where nobody knows.
    pub life_ops: u32,
    /// What the outlet may carry for ever.
    pub rated: MilliAmps,
    /// More than the circuit can carry: registers that move faster are wrong.
    pub max_power: Watts,
    /// The register advances by as much at once.
    pub register_step: WattHours,
    /// Where there is a trip contact, a breaker is closed only while it says "not tripped".
    pub has_trip_contact: bool,
    /// The same for a contact that signals earth leakage.
    pub has_leakage_contact: bool,
    /// A tripped breaker becomes ready again by being told OFF.
    pub trip_reset_by_off: bool,
    /// The breaker stays where it is when the power is gone: one found open was opened by somebody.
    pub latching: bool,
    /// The meter sits behind the breaker and has no voltage while that is open.
    pub dead_when_open: bool,
    /// From this current on the car is charging.
    pub charging_from: MilliAmps,
    /// Charging is paused after this long without current.
    pub paused_after: Millis,
    /// Currents above are reported as a rise.
    pub rise_threshold: Option<MilliAmps>,
    /// A charge that never drew current is warned of after this long …
    pub no_load_warning: Millis,
    /// … and ended after this long.
    pub no_load_off: Millis,
    /// A car that has charged and draws less …
    pub idle_below: MilliAmps,
    /// … for this long is full.
    pub idle_after: Millis,
    pub after_power_cut: AfterPowerCut,
}

/// What becomes of a charge that a power cut has interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterPowerCut {
    /// It goes on within its limits.
    #[default]
    Continue,
    /// It ends.
    End,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            commissioned: true,
            travel: Millis(300),
            verify: Millis(1500),
            min_off: Millis::seconds(10),
            min_on: Millis::seconds(5),
            max_closings_per_hour: 12,
            max_closings_per_10_min: 6,
            life_ops: 10_000,
            rated: MilliAmps(20_000),
            max_power: Watts(6_000),
            register_step: WattHours(1),
            has_trip_contact: true,
            has_leakage_contact: false,
            trip_reset_by_off: false,
            latching: false,
            dead_when_open: false,
            charging_from: MilliAmps(500),
            paused_after: Millis::seconds(60),
            rise_threshold: None,
            no_load_warning: Millis::seconds(3 * 60),
            no_load_off: Millis::seconds(15 * 60),
            idle_below: MilliAmps(500),
            idle_after: Millis::seconds(10 * 60),
            after_power_cut: AfterPowerCut::Continue,
        }
    }
}
