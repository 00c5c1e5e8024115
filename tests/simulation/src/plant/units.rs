//! The devices on the bus, as their registers: two relay boards with meters, or motor operators with one meter for all.

use super::{Blink, Circuit, Lie, Plant};

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
/// Where a Modbus SDM120 tells its serial number.
const SERIAL: u16 = 0xfc00;
const FIRST_SERIAL: u32 = 20_260_001;
const OTHER_SERIAL: u32 = 7_070_707;

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

    /// The serial number of an outlet's meter, where it tells one.
    pub fn serial(self, outlet: usize) -> Option<u32> {
        let number = u32::try_from(outlet).unwrap();
        (self == Self::Eastron).then_some(FIRST_SERIAL + number)
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

    /// The breaker that a write to the unit that switches moves, and where.
    pub fn ordered(&self, pdu: &[u8]) -> Option<(usize, bool)> {
        let (function, addr, on) = (pdu[0], u16::from(pdu[2]), pdu[3] == 0xff);
        let outlet = usize::from(addr % 8);
        match (self.kind, function, addr / 8) {
            (Kind::Omron | Kind::Eastron, 5, 0) => Some((outlet, on)),
            (Kind::Motor, 5, 0) if on => Some((outlet, true)),
            (Kind::Motor, 5, 1) if on => Some((outlet, false)),
            (Kind::Omron | Kind::Eastron | Kind::Motor, _, _) => None,
        }
    }

    fn has(&self, unit: u8) -> bool {
        let meter = (0..self.circuits.len()).any(|outlet| self.kind.meter_unit(outlet) == unit);
        meter || unit == self.kind.breaker_unit() || unit == self.kind.trip_unit()
    }

    fn bits(&mut self, unit: u8, function: u8, addr: u16, count: u16) -> Pdu {
        let mut packed = vec![0_u8; usize::from(count).div_ceil(8)];
        for place in 0..count {
            if self.bit(unit, function, addr + place).ok_or(ILLEGAL_ADDRESS)? {
                packed[usize::from(place / 8)] |= 1 << (place % 8);
            }
        }
        Ok([vec![function, u8::try_from(packed.len()).unwrap()], packed].concat())
    }

    fn bit(&mut self, unit: u8, function: u8, addr: u16) -> Option<bool> {
        let mut circuit = self.circuits.get_mut(usize::from(addr % 4));
        let mut of = |read: fn(&mut Circuit) -> bool| Some(circuit.as_deref_mut().is_some_and(read));
        match (self.kind, unit, function, addr) {
            (_, RELAY, 2, 0..=3) => of(Circuit::read_position),
            (Kind::Motor, RELAY, 2, 4..=7) | (Kind::Omron | Kind::Eastron, TRIP, 2, 4..=7) => {
                of(|circuit| circuit.leaking)
            }
            (Kind::Motor, RELAY, 2, 8..=11) | (Kind::Omron | Kind::Eastron, TRIP, 2, 0..=3) => {
                of(Circuit::read_trip)
            }
            (_, RELAY, 1, 0..=3) => of(|circuit| circuit.level),
            (_, RELAY, 1 | 2, 4..=7) | (Kind::Motor, RELAY, 1 | 2, 8..=15) => Some(false),
            (Kind::Omron | Kind::Eastron | Kind::Motor, _, _, _) => None,
        }
    }

    fn words(&mut self, unit: u8, function: u8, addr: u16, count: u16) -> Pdu {
        let mut data = Vec::with_capacity(usize::from(count) * 2 + 2);
        data.extend([function, u8::try_from(count * 2).unwrap()]);
        for place in 0..count {
            let word = self.word(unit, function, addr + place).ok_or(ILLEGAL_ADDRESS)?;
            data.extend(word.to_be_bytes());
        }
        self.meter_blinked(unit, (addr, count));
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
            (Kind::Eastron, 3) if addr & !1 == SERIAL => {
                let outlet = usize::from(unit.checked_sub(SDM120_FROM)?);
                let (_, lie) = shown(outlet)?;
                let own = self.kind.serial(outlet)?;
                let serial = if lie == Some(Lie::Swapped) {
                    OTHER_SERIAL
                } else {
                    own
                };
                Some((serial >> (16 * (1 - (addr & 1)))) as u16)
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

    /// What blinked in a meter has been read.
    fn meter_blinked(&mut self, unit: u8, (addr, count): (u16, u16)) {
        for outlet in 0..self.circuits.len() {
            let first = u16::try_from(outlet).unwrap() * 10;
            let (current, register) = match self.kind {
                Kind::Omron => (0x06, 0x200),
                Kind::Eastron => (0x06, 0x48),
                Kind::Motor => (0x102 + first, 0x106 + first),
            };
            let shown = |at: u16| self.kind.meter_unit(outlet) == unit && (addr..addr + count).contains(&at);
            let over = match self.circuits[outlet].blink {
                Some(Blink::Current) => shown(current),
                Some(Blink::Register) => shown(register),
                Some(Blink::Open | Blink::Trip) | None => false,
            };
            if over {
                self.circuits[outlet].blink = None;
            }
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
