//! The answers of one round of reads, and what they say about outlets and meters.

use domain::observation::{Measured, Observation, Position, Reading, Unusable};
use domain::units::{MilliAmps, MilliVolts, WattHours, Watts};

use super::identity::Whose;
use crate::modbus::bus::Data;
use crate::modbus::panel::{Input, Meter, MeterPoint, Outlet, Place};
use crate::modbus::plan::PlannedRead;
use crate::modbus::point::exponent;

pub(super) struct Snapshot<'a> {
    answers: Vec<Answered<'a>>,
}

/// One answer, and whose it is.
pub(super) struct Answered<'a> {
    pub(super) read: &'a PlannedRead,
    pub(super) data: Data,
    pub(super) whose: Whose,
}

impl<'a> Snapshot<'a> {
    /// Reads that failed are not among the answers.
    pub(super) fn new(answers: impl Iterator<Item = Answered<'a>>) -> Self {
        Self {
            answers: answers.collect(),
        }
    }

    pub(super) fn of_all(snapshots: impl IntoIterator<Item = Self>) -> Self {
        Self {
            answers: snapshots.into_iter().flat_map(|one| one.answers).collect(),
        }
    }

    pub(super) fn current(&self, outlet: &Outlet) -> Measured<MilliAmps> {
        self.value(outlet.meter.current.as_ref()).map(MilliAmps)
    }

    /// Without the current.
    pub(super) fn contacts(&self, outlet: &Outlet) -> Observation {
        Observation {
            position: match self.contact(&outlet.position) {
                Some(true) => Position::Closed,
                Some(false) => Position::Open,
                None => Position::Unknown,
            },
            tripped: outlet.tripped.as_ref().and_then(|input| self.contact(input)),
            leakage: outlet.leakage.as_ref().and_then(|input| self.contact(input)),
            current: None,
            reading: None,
        }
    }

    /// Whether everything was read that shows its contacts.
    pub(super) fn shows(&self, outlet: &Outlet) -> bool {
        outlet
            .contacts()
            .all(|input| self.covering(&input.place, 1).is_some())
    }

    pub(super) fn meter(&self, meter: &Meter) -> Reading {
        Reading {
            register: self.value(meter.register.as_ref()).map(WattHours),
            voltage: self.value(meter.voltage.as_ref()).map(MilliVolts),
            current: self.value(meter.current.as_ref()).map(MilliAmps),
            power: self.value(meter.power.as_ref()).map(Watts),
            raw_register: meter.register.as_ref().and_then(|point| self.bits(point)),
        }
    }

    fn contact(&self, input: &Input) -> Option<bool> {
        let (data, offset) = self.find(&input.place, 1)?;
        let level = match (data, input.bit) {
            (Data::Bits(bits), None) => *bits.get(offset)?,
            (Data::Words(words), Some(bit)) => {
                let word = words.get(offset).filter(|word| !input.invalid.contains(word))?;
                word >> bit & 1 == 1
            }
            (Data::Bits(_), Some(_)) | (Data::Words(_), None) => return None,
        };
        Some(level == input.on)
    }

    fn value(&self, point: Option<&MeterPoint>) -> Measured<i64> {
        let point = point.ok_or(Unusable::Silent)?;
        let silent = Unusable::Silent;
        let count = point.format.words();
        let words = self.words(&point.place, count).ok_or(silent)?;
        match self.covering(&point.place, count).map(|answered| answered.whose) {
            Some(Whose::Right) => {}
            Some(Whose::Wrong) => return Err(Unusable::WrongMeter),
            Some(Whose::Unknown) | None => return Err(silent),
        }
        let exponent = match &point.scale_from {
            None => 0,
            Some(place) => {
                let word = self.words(place, 1).and_then(<[u16]>::first).ok_or(silent)?;
                exponent(*word)?
            }
        };
        point.format.decode_scaled(words, exponent)
    }

    /// As they came, whatever they are worth.
    fn bits(&self, point: &MeterPoint) -> Option<u64> {
        point.format.bits(self.words(&point.place, point.format.words())?)
    }

    fn words(&self, place: &Place, count: u16) -> Option<&[u16]> {
        match self.find(place, count)? {
            (Data::Words(words), offset) => words.get(offset..offset.checked_add(count.into())?),
            (Data::Bits(_), _) => None,
        }
    }

    fn find(&self, place: &Place, count: u16) -> Option<(&Data, usize)> {
        let Answered { read, data, .. } = self.covering(place, count)?;
        Some((data, usize::from(place.addr.checked_sub(read.span.addr)?)))
    }

    fn covering(&self, place: &Place, count: u16) -> Option<&Answered<'a>> {
        self.answers
            .iter()
            .find(|answered| answered.read.covers(place, count))
    }
}
