//! One outlet in truth: breaker, car, and the energy that has passed, in microjoules.

use super::Blink;
use super::meter::{Lie, View};
use crate::Ms;

pub const VOLTAGE_MV: u64 = 202_000;
/// One watt-hour in microjoules.
pub const WATT_HOUR_UJ: u64 = 3_600_000_000;

/// From this moment on this much power flowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub at: Ms,
    pub energy_uj: u64,
    pub power_mw: u64,
}

#[derive(Clone, Debug)]
pub struct Circuit {
    pub travel_ms: Ms,
    /// Whether the position contact is moved by the main contact itself, so that it tells a weld.
    pub mirrored: bool,
    pub contact: bool,
    /// The output holds ON.
    pub level: bool,
    pub journey: u64,
    pub stuck: bool,
    pub tripped: bool,
    pub welded: bool,
    pub leaking: bool,
    /// What the position contact says whatever is true.
    pub position_says: Option<bool>,
    /// More than its maker says.
    pub slower_by: Ms,
    /// What the next read, and no other, shows.
    pub(super) blink: Option<Blink>,
    pub car_ma: u64,
    pub conducted: bool,
    pub marks: Vec<Mark>,
    /// The register at the beginning of the story; moves back where the meter is reset.
    register_base: i64,
    first_register: i64,
    lie: Option<(Lie, View)>,
    energy_uj: u64,
    power_mw: u64,
}

impl Circuit {
    pub fn new(travel_ms: Ms, mirrored: bool, register_base: i64) -> Self {
        Self {
            travel_ms,
            mirrored,
            contact: false,
            level: false,
            journey: 0,
            stuck: false,
            tripped: false,
            welded: false,
            leaking: false,
            position_says: None,
            slower_by: 0,
            blink: None,
            car_ma: 0,
            conducted: false,
            marks: vec![Mark {
                at: 0,
                energy_uj: 0,
                power_mw: 0,
            }],
            register_base,
            first_register: register_base,
            lie: None,
            energy_uj: 0,
            power_mw: 0,
        }
    }

    pub(super) fn pass(&mut self, elapsed: Ms) {
        // Milliwatts times milliseconds are microjoules.
        self.energy_uj += self.power_mw * elapsed;
    }

    pub(super) fn settle(&mut self, now: Ms, mains: bool) {
        self.conducted = self.contact || self.welded;
        let flows = self.conducted && mains;
        let power_mw = if flows { VOLTAGE_MV * self.car_ma / 1000 } else { 0 };
        if power_mw != self.power_mw {
            self.power_mw = power_mw;
            self.marks.push(Mark {
                at: now,
                energy_uj: self.energy_uj,
                power_mw,
            });
        }
    }

    /// What the position contact says.
    pub fn position(&self) -> bool {
        self.position_says
            .unwrap_or(self.contact || (self.mirrored && self.welded))
    }

    /// The same once, and what blinks.
    pub(super) fn read_position(&mut self) -> bool {
        self.position() && !self.blinks(Blink::Open)
    }

    pub(super) fn read_trip(&mut self) -> bool {
        self.blinks(Blink::Trip) || self.tripped
    }

    fn blinks(&mut self, blink: Blink) -> bool {
        let now = self.blink == Some(blink);
        if now {
            self.blink = None;
        }
        now
    }

    /// What the meter showed when the story began.
    pub fn first_register_wh(&self) -> i64 {
        self.first_register
    }

    /// What an honest meter shows.
    pub fn register_wh(&self) -> i64 {
        self.truth().register_wh
    }

    /// Zero and a register that begins anew are one and the same to whoever reads them.
    pub(super) fn may_lie(&self, lie: Option<Lie>) -> bool {
        lie != Some(Lie::Zero) || self.truth().register_wh > 100_000
    }

    pub(super) fn lie(&mut self, lie: Option<Lie>) {
        let truth = self.truth().register_wh;
        match (lie, &self.lie) {
            (Some(Lie::Reset), _) => self.register_base -= truth,
            // What passed the wrong way round was never counted.
            (_, Some((Lie::Reversed, then))) => self.register_base -= truth - then.register_wh,
            _ => {}
        }
        let frozen = self.truth();
        self.lie = lie.map(|lie| (lie, frozen));
    }

    fn truth(&self) -> View {
        View {
            register_wh: self.register_base + i64::try_from(self.energy_uj / WATT_HOUR_UJ).unwrap(),
            voltage_mv: VOLTAGE_MV,
            current_ma: if self.power_mw > 0 { self.car_ma } else { 0 },
            power_w: i64::try_from(self.power_mw / 1000).unwrap(),
        }
    }

    /// What the meter shows, and which lie it tells on the wire.
    pub(super) fn shown(&self) -> (View, Option<Lie>) {
        let mut truth = self.truth();
        match self.blink {
            Some(Blink::Current) => truth.current_ma = 45_000,
            Some(Blink::Register) => truth.register_wh += 5_000,
            Some(Blink::Open | Blink::Trip) | None => {}
        }
        match self.lie {
            None => (truth, None),
            Some((lie, then)) => (lie.bend(truth, then), Some(lie)),
        }
    }
}
