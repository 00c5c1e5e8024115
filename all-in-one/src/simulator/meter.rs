//! A single-phase meter: its counters, what it shows, and the ways in which it lies.

use super::units::{MilliWattMillis, from_wh, to_mwh};

/// What can be wrong with a meter. The last three happen once; the others last until `None` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterFault {
    /// No answer at all.
    Silent,
    /// Every value is "not a number".
    Nan,
    /// Shows what it showed at this moment; counts on behind it.
    Frozen,
    /// Shows zero energy, as some do while they boot.
    Zero,
    /// The current transformer sits the wrong way round: power negative, the export counter counts.
    Reversed,
    /// The counters start again at zero.
    Reset,
    /// The counter leaps by so much, forward or back.
    Jump { energy_wh: i64 },
    /// Another meter in its place.
    Exchanged { serial: u32, register_wh: i64 },
}

/// What flows through the meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) voltage_mv: i64,
    pub(super) current_ma: i64,
    pub(super) power_mw: i64,
}

/// What the meter shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) flow: Flow,
    pub(super) import_wh: i64,
    pub(super) export_wh: i64,
}

/// How a meter answers a request for its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    NotNumbers,
    Values(Face),
}

#[derive(Clone, Debug)]
pub(super) struct Meter {
    pub(super) serial: u32,
    import: MilliWattMillis,
    export: MilliWattMillis,
    fault: Option<MeterFault>,
    frozen: Option<Face>,
}

impl Meter {
    pub(super) fn new(serial: u32, register_wh: i64) -> Self {
        Self {
            serial,
            import: from_wh(register_wh),
            export: 0,
            fault: None,
            frozen: None,
        }
    }

    pub(super) fn count(&mut self, energy: MilliWattMillis) {
        let counter = if self.fault == Some(MeterFault::Reversed) {
            &mut self.export
        } else {
            &mut self.import
        };
        *counter = counter.saturating_add(energy);
    }

    pub(super) fn register_mwh(&self) -> i64 {
        to_mwh(self.import)
    }

    pub(super) fn set_fault(&mut self, fault: Option<MeterFault>, flow: Flow) {
        let face = self.face(flow);
        (self.fault, self.frozen) = (None, None);
        match fault {
            None => {}
            Some(MeterFault::Frozen) => self.frozen = Some(face),
            Some(MeterFault::Reset) => (self.import, self.export) = (0, 0),
            Some(MeterFault::Jump { energy_wh }) => {
                self.import = self.import.saturating_add(from_wh(energy_wh));
            }
            Some(MeterFault::Exchanged { serial, register_wh }) => {
                *self = Self::new(serial, register_wh);
            }
            Some(MeterFault::Silent | MeterFault::Nan | MeterFault::Zero | MeterFault::Reversed) => {
                self.fault = fault;
            }
        }
    }

    pub(super) fn shown(&self, flow: Flow) -> Shown {
        if self.fault == Some(MeterFault::Silent) {
            return Shown::Nothing;
        }
        if self.fault == Some(MeterFault::Nan) {
            return Shown::NotNumbers;
        }
        Shown::Values(self.frozen.unwrap_or_else(|| self.face(flow)))
    }

    fn face(&self, flow: Flow) -> Face {
        let reversed = self.fault == Some(MeterFault::Reversed);
        let zero = self.fault == Some(MeterFault::Zero);
        let wh = |counter| if zero { 0 } else { to_mwh(counter) / 1000 };
        let power_mw = if reversed { -flow.power_mw } else { flow.power_mw };
        Face {
            flow: Flow { power_mw, ..flow },
            import_wh: wh(self.import),
            export_wh: wh(self.export),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: Flow = Flow {
        voltage_mv: 200_000,
        current_ma: 15_000,
        power_mw: 3_000_000,
    };

    fn face(meter: &Meter) -> Face {
        match meter.shown(FLOW) {
            Shown::Values(face) => face,
            Shown::Nothing | Shown::NotNumbers => panic!("no values"),
        }
    }

    fn meter_with(fault: MeterFault) -> Meter {
        let mut meter = Meter::new(1, 1_000);
        meter.set_fault(Some(fault), FLOW);
        meter.count(from_wh(5));
        meter
    }

    #[test]
    fn every_fault_shows_what_it_says() {
        let check = |fault, import_wh, export_wh| {
            let face = face(&meter_with(fault));
            assert_eq!(
                (face.import_wh, face.export_wh),
                (import_wh, export_wh),
                "{fault:?}"
            );
        };
        check(MeterFault::Frozen, 1_000, 0);
        check(MeterFault::Zero, 0, 0);
        check(MeterFault::Reversed, 1_000, 5);
        check(MeterFault::Reset, 5, 0);
        check(MeterFault::Jump { energy_wh: 700 }, 1_705, 0);
        check(MeterFault::Jump { energy_wh: -300 }, 705, 0);
        check(
            MeterFault::Exchanged {
                serial: 9,
                register_wh: 40,
            },
            45,
            0,
        );
        assert_eq!(meter_with(MeterFault::Silent).shown(FLOW), Shown::Nothing);
        assert_eq!(meter_with(MeterFault::Nan).shown(FLOW), Shown::NotNumbers);
    }

    #[test]
    fn a_mended_meter_shows_the_energy_it_counted_meanwhile() {
        for fault in [
            MeterFault::Silent,
            MeterFault::Nan,
            MeterFault::Frozen,
            MeterFault::Zero,
        ] {
            let mut meter = meter_with(fault);
            meter.set_fault(None, FLOW);
            assert_eq!(face(&meter).import_wh, 1_005, "{fault:?}");
        }
    }

    #[test]
    fn a_reversed_meter_shows_negative_power() {
        assert_eq!(face(&meter_with(MeterFault::Reversed)).flow.power_mw, -3_000_000);
    }
}
