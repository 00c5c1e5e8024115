//! What a unit is: every device file is held against what the unit answers.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use domain::observation::Unusable;

use super::frame::Answer;
use super::plausible::{Judgement, judge};
use crate::modbus::bus::Data;
use crate::modbus::device::bank::Bank;
use crate::modbus::device::{Device, Link, Status, Told};
use crate::modbus::plan::Span;
use crate::modbus::point::{Point, Quantity, exponent};

/// Asks the one unit that is looked at. `None`: it was silent.
pub(crate) trait Ask {
    /// # Errors
    /// If the connection is gone.
    async fn ask(&mut self, span: Span) -> io::Result<Option<Answer>>;
}

/// It says itself which model it is.
pub(crate) const MODEL: i32 = 100;
/// Values that only a meter of mains would show; with fewer points than this, a fit says little.
pub(crate) const STRONG: i32 = 20;
const DISTINCT: i32 = 10;
const MARKER: i32 = 4;
const FITTING: i32 = 2;
const BANK: i32 = 3;
/// No mains where there must be some.
const NO_MAINS: i32 = -2;
const MAX_BITS: u16 = 2000;
/// Circuits of a multi-circuit meter that are looked at: enough to tell, few enough for a slow line.
const CIRCUITS: u16 = 4;

/// How well one device file fits.
#[derive(Clone, Debug)]
pub(crate) struct Fit {
    pub(crate) device: Arc<Device>,
    pub(crate) score: i32,
    /// What the unit shows if it is that device, in mV, mA, W, Wh, mHz.
    pub(crate) values: BTreeMap<Quantity, i64>,
    pub(crate) serial: Option<String>,
}

/// A device file whose values are all there, but one register beside where it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shifted {
    pub(crate) device: String,
    pub(crate) by: i8,
}

/// What is known of a unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    /// The best first; all of them fit.
    pub(crate) fits: Vec<Fit>,
    pub(crate) shifted: Vec<Shifted>,
    /// Requests without an answer.
    pub(crate) silences: usize,
}

impl Fit {
    /// What it tells of itself comes first, then what it shows; among those that show only inputs and outputs, which say
    /// little, a guess comes last.
    fn place(&self) -> (bool, i32, bool, i32, String) {
        let shown = if self.values.is_empty() { 0 } else { self.score };
        let is_guess = self.device.status == Status::Guess;
        (
            self.score < MODEL,
            -shown,
            is_guess,
            -self.score,
            self.device.id.clone(),
        )
    }
}

impl Identity {
    /// The best, and those that cannot be told from it.
    pub(crate) fn likely(&self) -> &[Fit] {
        let Some(best) = self.fits.first() else {
            return &[];
        };
        // Inputs and outputs look alike everywhere; how many of them a file names decides nothing.
        if best.values.is_empty() {
            return &self.fits;
        }
        let alike = self
            .fits
            .iter()
            .take_while(|fit| fit.score * 10 >= best.score * 7);
        self.fits.get(..alike.count()).unwrap_or_default()
    }

    /// Whether the unit itself has said what it is.
    pub(crate) fn is_told(&self) -> bool {
        self.fits.first().is_some_and(|fit| fit.score >= MODEL)
    }

    /// Whether what fits best could hardly be anything else than what it seems.
    pub(crate) fn is_strong(&self) -> bool {
        self.fits.first().is_some_and(|fit| fit.score >= STRONG)
    }
}

/// # Errors
/// If the connection is gone.
pub(crate) async fn identify(unit: &mut impl Ask, devices: &[Arc<Device>]) -> io::Result<Identity> {
    let mut memory = Memory {
        unit,
        known: BTreeMap::new(),
    };
    let mut identity = Identity::default();
    for device in devices {
        identity.fits.extend(fit(&mut memory, device).await?);
    }
    identity.fits.sort_by_key(Fit::place);
    if !identity.is_strong() {
        for device in devices {
            for by in [-1, 1] {
                if is_shifted(&mut memory, device, by).await? {
                    let device = device.id.clone();
                    identity.shifted.push(Shifted { device, by });
                }
            }
        }
    }
    identity.silences = memory.known.values().filter(|answer| answer.is_none()).count();
    Ok(identity)
}

/// `None` where the unit contradicts the file: it refuses what is defined, or shows what cannot be.
async fn fit<A: Ask>(memory: &mut Memory<'_, A>, device: &Arc<Device>) -> io::Result<Option<Fit>> {
    let (mut score, mut values) = (0, BTreeMap::new());
    for (quantity, point) in points(device) {
        let Some((more, value)) = weigh(memory, (quantity, &point), &device.link).await? else {
            return Ok(None);
        };
        score += more;
        if let Some(value) = value {
            values.entry(quantity).or_insert(value);
        }
    }
    for span in device
        .banks
        .values()
        .flat_map(|bank| bank_spans(bank, &device.link))
    {
        match memory.ask(span).await? {
            Some(Answer::Data(_)) => score += BANK,
            Some(Answer::Refused(_)) | None => return Ok(None),
        }
    }
    if !is_model(memory, device, &mut score).await? {
        return Ok(None);
    }
    let Some(serial) = serial(memory, device).await? else {
        return Ok(None);
    };
    if serial.is_some() && tells_text(device) {
        score += DISTINCT;
    }
    let consistent = device.three_phases || is_consistent(&values);
    Ok((score > 0 && consistent).then(|| Fit {
        device: Arc::clone(device),
        score,
        values,
        serial,
    }))
}

/// A bank that lies together as a whole, otherwise its ends. What is written in registers need not be readable.
fn bank_spans(bank: &Bank, link: &Link) -> Vec<Span> {
    let area = bank.area;
    let read = |addr, count| Span { area, addr, count };
    let (Some(first), Some(last)) = (bank.addr(1), bank.addr(bank.count)) else {
        return Vec::new();
    };
    let whole = link.aligned(read(first, bank.count));
    let longest = if area.is_bits() {
        MAX_BITS
    } else {
        link.max_read_regs
    };
    if bank.write_fc.is_some() && !area.is_bits() {
        Vec::new()
    } else if last - first + 1 == bank.count && whole.count <= longest {
        vec![whole]
    } else {
        vec![link.aligned(read(first, 1)), link.aligned(read(last, 1))]
    }
}

/// Its points; of a multi-circuit meter those of the first circuits.
fn points(device: &Device) -> Vec<(Quantity, Point)> {
    let single = Quantity::ALL
        .into_iter()
        .filter_map(|quantity| Some((quantity, device.point(quantity)?)));
    let circuits = (1..=device.circuits().min(CIRCUITS)).flat_map(|number| {
        Quantity::ALL
            .into_iter()
            .filter_map(move |quantity| Some((quantity, device.circuit_point(number, quantity)?)))
    });
    single.chain(circuits).collect()
}

/// `None`: a contradiction.
async fn weigh<A: Ask>(
    memory: &mut Memory<'_, A>,
    (quantity, point): (Quantity, &Point),
    link: &Link,
) -> io::Result<Option<(i32, Option<i64>)>> {
    let read = |addr, count| Span {
        area: point.area,
        addr,
        count,
    };
    let whole = read(point.addr, point.format.words());
    let Some(words) = memory.words(whole, link).await? else {
        return Ok(None);
    };
    let exponent = match point.scale_from {
        None => Ok(0),
        Some(addr) => match memory.words(read(addr, 1), link).await?.as_deref() {
            Some([word]) => exponent(*word),
            Some(_) | None => return Ok(None),
        },
    };
    Ok(
        match exponent.and_then(|exponent| point.format.decode_scaled(&words, exponent)) {
            Err(Unusable::Invalid) => Some((MARKER, None)),
            Err(_) => None,
            Ok(value) => match judge(quantity, value) {
                Judgement::Impossible => None,
                Judgement::NoMains => Some((NO_MAINS, Some(value))),
                Judgement::Fitting => Some((FITTING, Some(value))),
                Judgement::Distinct => Some((DISTINCT, Some(value))),
            },
        },
    )
}

/// Power is at most voltage times current; of three phases the current of the others is not among the values.
fn is_consistent(values: &BTreeMap<Quantity, i64>) -> bool {
    let value = |quantity| values.get(&quantity).copied();
    let (Some(mv), Some(ma), Some(w)) = (
        value(Quantity::Voltage),
        value(Quantity::Current),
        value(Quantity::Power),
    ) else {
        return true;
    };
    let apparent_mw = mv.saturating_mul(ma.abs()) / 1000;
    w.abs().saturating_mul(1000) <= apparent_mw.saturating_mul(13) / 10 + 20_000
}

/// False: it says that it is something else, or nothing where it must say it.
async fn is_model<A: Ask>(memory: &mut Memory<'_, A>, device: &Device, score: &mut i32) -> io::Result<bool> {
    let Some(model) = device
        .identity
        .as_ref()
        .and_then(|identity| identity.model.as_ref())
    else {
        return Ok(true);
    };
    let told = &model.told;
    let words = memory.words(told.span(), &device.link).await?;
    let matches = words.is_some_and(|words| model.matches(&words));
    if matches {
        *score += MODEL;
    }
    Ok(matches)
}

/// `None`: it has no serial number where the file says; `Some(None)`: the file names no place, or it is empty.
async fn serial<A: Ask>(memory: &mut Memory<'_, A>, device: &Device) -> io::Result<Option<Option<String>>> {
    let Some(place) = device
        .identity
        .as_ref()
        .and_then(|identity| identity.serial.as_ref())
    else {
        return Ok(Some(None));
    };
    let words = memory.words(place.span(), &device.link).await?;
    Ok(words.map(|words| place.read(&words)))
}

/// Words that can be read where the file says are hardly there by chance, as a number may be.
fn tells_text(device: &Device) -> bool {
    let identity = device.identity.as_ref();
    identity
        .and_then(|identity| identity.serial.as_ref())
        .is_some_and(Told::is_text)
}

/// Whether voltage and frequency, or voltage and energy, all lie `by` registers from where the file says.
async fn is_shifted<A: Ask>(memory: &mut Memory<'_, A>, device: &Device, by: i8) -> io::Result<bool> {
    let mut distinct = 0;
    let first: BTreeMap<Quantity, Point> = points(device).into_iter().rev().collect();
    for (quantity, point) in &first {
        let Some(moved) = moved(point, by) else {
            return Ok(false);
        };
        match weigh(memory, (*quantity, &moved), &device.link).await? {
            None => return Ok(false),
            Some((DISTINCT, _)) => distinct += 1,
            Some(_) => {}
        }
    }
    Ok(distinct * DISTINCT >= STRONG || (distinct > 0 && !first.contains_key(&Quantity::Frequency)))
}

fn moved(point: &Point, by: i8) -> Option<Point> {
    let shift = |addr: u16| addr.checked_add_signed(by.into());
    let scale_from = match point.scale_from {
        Some(addr) => Some(shift(addr)?),
        None => None,
    };
    Some(Point {
        addr: shift(point.addr)?,
        scale_from,
        ..point.clone()
    })
}

/// What the unit has said already: device files have places in common.
struct Memory<'a, A> {
    unit: &'a mut A,
    known: BTreeMap<Span, Option<Answer>>,
}

impl<A: Ask> Memory<'_, A> {
    async fn ask(&mut self, span: Span) -> io::Result<Option<Answer>> {
        if let Some(answer) = self.known.get(&span) {
            return Ok(answer.clone());
        }
        let answer = self.unit.ask(span).await?;
        self.known.insert(span, answer.clone());
        Ok(answer)
    }

    /// Of more registers, where the device tells only whole groups of them.
    async fn words(&mut self, span: Span, link: &Link) -> io::Result<Option<Vec<u16>>> {
        let asked = link.aligned(span);
        let from = usize::from(span.addr.saturating_sub(asked.addr));
        Ok(match self.ask(asked).await? {
            Some(Answer::Data(Data::Words(words))) => {
                let wanted = words.get(from..from + usize::from(span.count));
                wanted.map(<[u16]>::to_vec)
            }
            Some(Answer::Data(Data::Bits(_)) | Answer::Refused(_)) | None => None,
        })
    }
}

#[cfg(test)]
mod tests;
