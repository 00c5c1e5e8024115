//! The devices on the bus, as their registers: two relay boards with meters, or motor operators with one meter for all.

use super::Plant;

/// How the panel is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Relay board, input board, one Omron KM-N per outlet.
    Omron,
    /// Relay board, input board, one Eastron SDM120 per outlet.
    Eastron,
    /// Motor operators driven by pulses, one meter with many circuits.
    Motor,
}

const RELAY: u8 = 1;
const TRIP: u8 = 2;
const SDM120_FROM: u8 = 11;
const KMN_FROM: u8 = 21;
const MANY_CIRCUITS: u8 = 10;

const ILLEGAL_FUNCTION: u8 = 1;
const ILLEGAL_ADDRESS: u8 = 2;

impl Kind {
    pub const ALL: [Self; 3] = [Self::Omron, Self::Eastron, Self::Motor];

    /// Whether an output holds ON until it is written again.
    pub fn holds_outputs(self) -> bool {
        match self {
            Self::Omron | Self::Eastron => true,
            Self::Motor => false,
        }
    }

    /// The unit that switches, and tells positions.
    pub fn breaker_unit(self) -> u8 {
        RELAY
    }

    /// The unit that tells trips.
    pub fn trip_unit(self) -> u8 {
        match self {
            Self::Omron | Self::Eastron => TRIP,
            Self::Motor => RELAY,
        }
    }

    pub fn meter_unit(self, outlet: usize) -> u8 {
        let number = u8::try_from(outlet).unwrap();
        match self {
            Self::Omron => KMN_FROM + number,
            Self::Eastron => SDM120_FROM + number,
            Self::Motor => MANY_CIRCUITS,
        }
    }
}

/// A request's answer: the function and its data, or an exception's code.
pub(super) type Pdu = Result<Vec<u8>, u8>;

impl Plant {
    /// Carries out a request. `None`: no such unit, or one without power. A write is carried out after `delay`.
    pub fn answer(&mut self, unit: u8, pdu: &[u8], delay: u64) -> Option<Result<Vec<u8>, u8>> {
        self.catch_up();
        if !self.mains || !self.has(unit) {
            return None;
        }
        let word = |at: usize| u16::from_be_bytes([pdu[at], pdu[at + 1]]);
        Some(match pdu[0] {
            1 | 2 => self.bits(unit, pdu[0], word(1), word(3)),
            3 | 4 => self.words(unit, pdu[0], word(1), word(3)),
            5 => self
                .write_coil(unit, word(1), word(3) == 0xff00, delay)
                .map(|()| pdu.to_vec()),
            _ => Err(ILLEGAL_FUNCTION),
        })
    }

    fn has(&self, unit: u8) -> bool {
        let meter = (0..self.circuits.len()).any(|outlet| self.kind.meter_unit(outlet) == unit);
        meter || unit == self.kind.breaker_unit() || unit == self.kind.trip_unit()
    }

    fn bits(&self, unit: u8, function: u8, addr: u16, count: u16) -> Pdu {
        let mut packed = vec![0_u8; usize::from(count).div_ceil(8)];
        for place in 0..count {
            if self.bit(unit, function, addr + place).ok_or(ILLEGAL_ADDRESS)? {
                packed[usize::from(place / 8)] |= 1 << (place % 8);
            }
        }
        Ok([vec![function, u8::try_from(packed.len()).unwrap()], packed].concat())
    }

    fn bit(&self, unit: u8, function: u8, addr: u16) -> Option<bool> {
        let circuit = self.circuits.get(usize::from(addr % 8));
        let position = circuit.is_some_and(|circuit| circuit.position());
        let tripped = circuit.is_some_and(|circuit| circuit.tripped);
        match (self.kind, unit, function, addr) {
            (Kind::Motor, RELAY, 2, 0..=7) | (Kind::Omron | Kind::Eastron, RELAY, 2, 0..=7) => Some(position),
            (Kind::Motor, RELAY, 2, 8..=15) | (Kind::Omron | Kind::Eastron, TRIP, 2, 0..=7) => Some(tripped),
            (_, RELAY, 1, 0..=7) => Some(circuit.is_some_and(|circuit| circuit.level)),
            (Kind::Motor, RELAY, 1, 8..=15) => Some(false),
            (Kind::Omron | Kind::Eastron | Kind::Motor, _, _, _) => None,
        }
    }

    fn words(&self, unit: u8, function: u8, addr: u16, count: u16) -> Pdu {
        let mut data = Vec::with_capacity(usize::from(count) * 2 + 2);
        data.extend([function, u8::try_from(count * 2).unwrap()]);
        for place in 0..count {
            let word = self.word(unit, function, addr + place).ok_or(ILLEGAL_ADDRESS)?;
            data.extend(word.to_be_bytes());
        }
        Ok(data)
    }

    fn word(&self, unit: u8, function: u8, addr: u16) -> Option<u16> {
        let shown = |outlet: usize| self.circuits.get(outlet).map(|circuit| circuit.shown());
        match (self.kind, function) {
            (Kind::Omron, 3) => {
                let (view, lie) = shown(usize::from(unit.checked_sub(KMN_FROM)?))?;
                Some(view.kmn(lie, addr))
            }
            (Kind::Eastron, 4) => {
                let (view, lie) = shown(usize::from(unit.checked_sub(SDM120_FROM)?))?;
                Some(view.sdm120(lie, addr))
            }
            (Kind::Motor, 3) => {
                let place = addr.checked_sub(0x100)?;
                match shown(usize::from(place / 10)) {
                    Some((view, lie)) => Some(view.circuit(lie, place % 10)),
                    None => Some(0),
                }
            }
            (Kind::Omron | Kind::Eastron | Kind::Motor, _) => None,
        }
    }

    fn write_coil(&mut self, unit: u8, addr: u16, on: bool, delay: u64) -> Result<(), u8> {
        let outlet = usize::from(addr % 8);
        if unit != RELAY || outlet >= self.circuits.len() {
            return Err(ILLEGAL_ADDRESS);
        }
        match (self.kind, addr / 8) {
            (Kind::Omron | Kind::Eastron, 0) => self.write(outlet, on, delay),
            (Kind::Motor, 0) if on => self.write(outlet, true, delay),
            (Kind::Motor, 1) if on => self.write(outlet, false, delay),
            // The end of a pulse moves nothing.
            (Kind::Motor, 0 | 1) => {}
            (Kind::Omron | Kind::Eastron | Kind::Motor, _) => return Err(ILLEGAL_ADDRESS),
        }
        Ok(())
    }
}
