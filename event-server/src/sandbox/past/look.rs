//! What a look at the panel would have shown at a moment of its past.

use domain::observation::Position;

use super::{Past, PastCharge, PastEnd};
use crate::operations::outlet_report::{OutletReport, Sample, Seen};

const HOUR_US: i64 = 3_600_000_000;
const NO_LOAD_MV: i64 = 201_500;
/// Of the wires.
const DROP_MV_PER_KW: i64 = 500;
const TRIPPED: &str = "tripped";

impl Past {
    pub(super) fn outlets(&self) -> u8 {
        u8::try_from(self.registers_wh.len().saturating_sub(1)).unwrap_or(0)
    }

    /// Outlets 1 and up, then the main circuit, at the end.
    pub(super) fn last_registers_wh(&self) -> Vec<i64> {
        let outlets = 1..=self.outlets();
        let numbers = outlets.chain([0]);
        numbers
            .map(|number| self.register_wh(number, self.until_us))
            .collect()
    }

    /// `number`: the outlet's, or 0 for the main circuit.
    pub(super) fn report(&self, number: u8, at_us: i64) -> OutletReport {
        let flows = self.of(number).map(|charge| charge.power_at(at_us));
        let power_w: i64 = flows.sum();
        let voltage_mv = NO_LOAD_MV - power_w * DROP_MV_PER_KW / 1000;
        let sample = Sample {
            at: at_us,
            register_wh: Some(self.register_wh(number, at_us)),
            voltage_mv: Some(voltage_mv),
            current_ma: Some(power_w * 1_000_000 / voltage_mv.max(1)),
            power_w: Some(power_w),
        };
        OutletReport {
            at: at_us,
            samples: vec![sample],
            seen: (number != 0).then(|| self.seen(number, at_us)),
            ..OutletReport::default()
        }
    }

    fn seen(&self, number: u8, at_us: i64) -> Seen {
        let is_under_way = |charge: &PastCharge| charge.from_us < at_us && at_us < charge.ended().0;
        let tripped = self.of(number).any(|charge| charge.is_tripped(at_us));
        Seen {
            breaker: match self.of(number).any(is_under_way) {
                true => Position::Closed,
                false => Position::Open,
            },
            tripped,
            fault: tripped.then(|| TRIPPED.to_owned()),
        }
    }

    fn register_wh(&self, number: u8, at_us: i64) -> i64 {
        let flowed: i64 = self.of(number).map(|charge| charge.energy_by(at_us)).sum();
        let (first_wh, standby_w) = match number.checked_sub(1) {
            Some(index) => (self.registers_wh.get(usize::from(index)), 0),
            None => (self.registers_wh.last(), self.standby_w),
        };
        first_wh.copied().unwrap_or(0) + flowed + standby_w * (at_us - self.from_us) / HOUR_US
    }

    /// The charges of an outlet, or all for the main circuit.
    fn of(&self, number: u8) -> impl Iterator<Item = &PastCharge> {
        let all = self.charges.iter();
        all.filter(move |charge| number == 0 || charge.outlet == number)
    }
}

impl PastCharge {
    /// Whether its trip stands.
    fn is_tripped(&self, at_us: i64) -> bool {
        match self.end {
            PastEnd::Tripped {
                at_us: since_us,
                reset_us,
            } => since_us <= at_us && reset_us.is_none_or(|reset_us| at_us < reset_us),
            PastEnd::OfItself | PastEnd::OpenedByHand { .. } => false,
        }
    }
}
