//! Which reads fetch what is wanted: merged where that pays, none that could be taken for another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Fault;
use super::bus::Class;
use super::device::{Device, Holes};
use super::panel::{BusLine, Line, Meter, MeterPoint, Outlet, Place, Unit};
use super::point::Area;

pub(crate) mod cost;

/// A stretch of one area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub area: Area,
    pub addr: u16,
    pub count: u16,
}

impl Span {
    fn end(self) -> u32 {
        u32::from(self.addr) + u32::from(self.count)
    }

    /// How many bytes of data answer it.
    pub(crate) fn bytes(self) -> u16 {
        if self.area.is_bits() {
            self.count.div_ceil(8)
        } else {
            self.count.saturating_mul(2)
        }
    }

    /// Function and length: all by which an answer on a serial line can be told from another.
    pub(crate) fn shape(self) -> (u8, u16) {
        (self.area.read_function(), self.bytes())
    }
}

/// One read that is made again and again.
#[derive(Clone, Debug)]
pub struct PlannedRead {
    pub unit: Arc<Unit>,
    pub span: Span,
    pub(crate) class: Class,
}

impl PlannedRead {
    pub(crate) fn covers(&self, place: &Place, count: u16) -> bool {
        self.unit.bus == place.unit.bus
            && self.unit.id == place.unit.id
            && self.span.area == place.area
            && self.span.addr <= place.addr
            && self.span.end() >= u32::from(place.addr) + u32::from(count)
    }
}

/// All periodic reads of a panel.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Positions, trips and currents of all outlets.
    pub fast: Vec<PlannedRead>,
    /// Everything of all meters, the main circuit's too.
    pub slow: Vec<PlannedRead>,
}

impl Plan {
    pub(crate) fn of(outlets: &[Outlet], main: Option<&Meter>, buses: &[BusLine]) -> Result<Self, Fault> {
        let lines = Lines(buses);
        let (mut state, mut current, mut slow) = (Wishes::default(), Wishes::default(), Wishes::default());
        for outlet in outlets {
            state.add(&outlet.position.place, 1);
            for input in [&outlet.tripped, &outlet.leakage].into_iter().flatten() {
                state.add(&input.place, 1);
            }
            for (place, count) in outlet.meter.current.iter().flat_map(MeterPoint::stretches) {
                current.add(place, count);
            }
        }
        let meters = outlets.iter().map(|outlet| &outlet.meter).chain(main);
        for (place, count) in meters.flat_map(Meter::points).flat_map(MeterPoint::stretches) {
            slow.add(place, count);
        }
        let mut shapes = Shapes::default();
        let units = state.units().chain(current.units()).chain(slow.units());
        units.for_each(|unit| shapes.know_serial(unit));
        let mut fast = shapes.tell_apart(state.reads(Class::State, lines))?;
        fast.extend(shapes.tell_apart(current.reads(Class::Current, lines))?);
        Ok(Self {
            fast,
            slow: shapes.tell_apart(slow.reads(Class::Energy, lines))?,
        })
    }
}

impl Plan {
    /// The least time that one look at everything takes, if all units are on one such line.
    pub fn theoretical_cycle(&self, line: Line) -> Duration {
        cost::cycle(line, self.fast.iter())
    }

    /// The same for the units of one bus, by its place in the panel's list.
    pub(crate) fn theoretical_cycle_on(&self, bus: usize, line: Line) -> Duration {
        cost::cycle(line, self.fast.iter().filter(|read| read.unit.bus == bus))
    }
}

/// The panel's buses, in the order of their places.
#[derive(Clone, Copy)]
struct Lines<'a>(&'a [BusLine]);

impl Lines<'_> {
    fn of(self, unit: &Unit) -> Line {
        let bus = self.0.get(unit.bus);
        bus.and_then(|bus| bus.transport.line())
            .unwrap_or(cost::LIKELY_LINE)
    }
}

/// Places to read, by unit and area.
#[derive(Default)]
struct Wishes(BTreeMap<(usize, u8, Area), Wish>);

struct Wish {
    unit: Arc<Unit>,
    spans: Vec<Span>,
}

impl Wishes {
    fn add(&mut self, place: &Place, count: u16) {
        let (unit, area, addr) = (&place.unit, place.area, place.addr);
        let wish = self.0.entry((unit.bus, unit.id, area)).or_insert_with(|| Wish {
            unit: Arc::clone(unit),
            spans: Vec::new(),
        });
        wish.spans
            .push(unit.device.link.aligned(Span { area, addr, count }));
    }

    fn units(&self) -> impl Iterator<Item = &Unit> {
        self.0.values().map(|wish| &*wish.unit)
    }

    fn reads(self, class: Class, lines: Lines) -> Vec<PlannedRead> {
        let mut units: Vec<(usize, u8)> = self.0.keys().map(|(bus, id, _)| (*bus, *id)).collect();
        units.dedup();
        let read = move |Wish { unit, spans }: Wish| {
            let alone = units.iter().filter(|(bus, _)| *bus == unit.bus).count() == 1;
            let spans = merged(spans, &unit.device, (lines.of(&unit), alone));
            spans.into_iter().map(move |span| PlannedRead {
                unit: Arc::clone(&unit),
                span,
                class,
            })
        };
        self.0.into_values().flat_map(read).collect()
    }
}

/// `alone`: no other unit of the bus is read in the same round.
fn merged(mut spans: Vec<Span>, device: &Device, (line, alone): (Line, bool)) -> Vec<Span> {
    spans.sort_unstable();
    let mut reads: Vec<Span> = Vec::new();
    for span in spans {
        let joined = reads
            .last()
            .and_then(|last| join(*last, span, device, (line, alone)));
        match (joined, reads.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            (_, _) => reads.push(span),
        }
    }
    reads
}

/// Both in one read, if the device can and the unused registers between cost less than another request.
fn join(first: Span, second: Span, device: &Device, (line, alone): (Line, bool)) -> Option<Span> {
    let end = first.end().max(second.end());
    let count = u16::try_from(end - u32::from(first.addr)).ok()?;
    let hole = second
        .addr
        .saturating_sub(u16::try_from(first.end()).unwrap_or(u16::MAX));
    let hole = if first.area.is_bits() {
        hole / 8
    } else {
        hole.saturating_mul(2)
    };
    let pays = cost::hole_pays(line, hole, &device.link, alone);
    let fits = count <= longest_read(first.area, device)
        && readable(device, first.area, first.end(), second.addr.into());
    (pays && fits).then_some(Span { count, ..first })
}

fn longest_read(area: Area, device: &Device) -> u16 {
    if area.is_bits() {
        device.link.max_read_bits
    } else {
        device.link.max_read_regs
    }
}

fn readable(device: &Device, area: Area, from: u32, to: u32) -> bool {
    device.link.holes == Holes::Zero
        || (from..to).all(|addr| u16::try_from(addr).is_ok_and(|addr| device.defines(area, addr)))
}

/// The reads of each unit that are already planned.
#[derive(Default)]
struct Shapes {
    planned: BTreeMap<(usize, u8), Vec<Span>>,
    serials: BTreeMap<(usize, u8), Span>,
}

impl Shapes {
    fn know_serial(&mut self, unit: &Unit) {
        let serial = unit
            .device
            .identity
            .as_ref()
            .and_then(|identity| identity.serial.as_ref());
        if let Some(serial) = serial {
            self.serials.insert((unit.bus, unit.id), serial.span());
        }
    }

    /// Lengthens a read that another one of the unit could be taken for.
    fn tell_apart(&mut self, reads: Vec<PlannedRead>) -> Result<Vec<PlannedRead>, Fault> {
        let lengthened = |mut read: PlannedRead| {
            let unit = (read.unit.bus, read.unit.id);
            let taken = self.planned.entry(unit).or_default();
            // A serial number is read seldom: where no read can be longer, the quarantine must do.
            if self
                .serials
                .get(&unit)
                .is_some_and(|serial| serial.shape() == read.span.shape())
            {
                read.span = longer(read.span, &read.unit.device).unwrap_or(read.span);
            }
            while let Some(other) = taken
                .iter()
                .find(|other| **other != read.span && other.shape() == read.span.shape())
            {
                read.span = longer(read.span, &read.unit.device).ok_or_else(|| alike(&read, *other))?;
            }
            taken.push(read.span);
            Ok(read)
        };
        reads.into_iter().map(lengthened).collect()
    }
}

fn longer(span: Span, device: &Device) -> Option<Span> {
    let step = if span.area.is_bits() { 8 } else { device.link.align };
    let count = span
        .count
        .checked_add(step)
        .filter(|count| *count <= longest_read(span.area, device))?;
    let end = span.end() + u32::from(step);
    if end <= 0x1_0000 && readable(device, span.area, span.end(), end) {
        return Some(Span { count, ..span });
    }
    let addr = span.addr.checked_sub(step)?;
    readable(device, span.area, addr.into(), span.addr.into()).then_some(Span { addr, count, ..span })
}

fn alike(read: &PlannedRead, other: Span) -> Fault {
    let (function, bytes) = read.span.shape();
    let problem = format!(
        "found two periodic reads with function {function} and {bytes} bytes, at {:#06X} and {:#06X}, \
         allowed: different lengths; holes = \"zero\" in {} would let one grow",
        other.addr, read.span.addr, read.unit.device.id
    );
    Fault::new(format!("unit.{}", read.unit.name), problem)
}

#[cfg(test)]
mod tests;
