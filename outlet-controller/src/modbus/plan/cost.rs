//! What a request and its answer cost on a serial line (Modbus over Serial Line 1.02 §2.5.1.1).

use std::collections::BTreeMap;
use std::time::Duration;

use super::{PlannedRead, Span};
use crate::modbus::bus::Order;
use crate::modbus::device::Link;
use crate::modbus::panel::{Framing, Line};

/// What mostly lies behind a gateway whose line nobody has described.
pub(crate) const LIKELY_LINE: Line = Line {
    baud: 9600,
    framing: Framing::EightEvenOne,
};

/// Above this speed the silence between two frames no longer shrinks.
const SHRINKS_TO_BAUD: u32 = 19_200;
const SHORTEST_SILENCE: Duration = Duration::from_micros(1_750);
/// Unit and checksum.
const ENVELOPE: usize = 3;
/// The characters of one more request for registers and of its answer's envelope.
const ONE_MORE_READ: u32 = 13;

/// So many characters on the wire.
pub(crate) fn characters(line: Line, count: usize) -> Duration {
    let bits = u64::from(line.framing.bits_per_character()) * count as u64;
    Duration::from_nanos(bits.saturating_mul(1_000_000_000) / u64::from(line.baud.max(1)))
}

/// The silence that ends a frame: 3.5 characters.
pub(crate) fn silence(line: Line) -> Duration {
    if line.baud > SHRINKS_TO_BAUD {
        SHORTEST_SILENCE
    } else {
        characters(line, 7) / 2
    }
}

/// The request alone.
pub(crate) fn request(line: Line, order: Order) -> Duration {
    characters(line, order.request().len() + ENVELOPE)
}

/// A request and its answer, without the device's time to think.
pub(crate) fn frames(line: Line, order: Order) -> Duration {
    let both = order.request().len() + order.answer_len() + 2 * ENVELOPE;
    characters(line, both) + 2 * silence(line)
}

fn turnaround(link: &Link) -> Duration {
    Duration::from_millis(link.turnaround_ms)
}

/// What the device wants beyond the silence that every frame has.
fn extra_gap(line: Line, link: &Link) -> Duration {
    Duration::from_millis(link.min_gap_ms).saturating_sub(silence(line))
}

/// A read, from the end of the frame before it to the end of its answer.
pub(crate) fn read(line: Line, span: Span, link: &Link) -> Duration {
    frames(line, Order::Read(span)) + turnaround(link)
}

/// Whether reading this many bytes that nobody needs costs the bus less than asking twice. A unit's pause counts only
/// where it is alone: otherwise another is asked meanwhile, and short reads let OFF come sooner.
pub(crate) fn hole_pays(line: Line, bytes: u16, link: &Link, alone: bool) -> bool {
    let pause = if alone {
        extra_gap(line, link)
    } else {
        Duration::ZERO
    };
    let twice = characters(line, ONE_MORE_READ as usize) + 2 * silence(line) + turnaround(link) + pause;
    characters(line, bytes.into()) < twice
}

/// The shortest time in which these reads can be made. While one unit has its pause another is asked, so the
/// pauses count only where a single unit's reads take longest.
pub(crate) fn cycle<'a>(line: Line, reads: impl Iterator<Item = &'a PlannedRead>) -> Duration {
    let (mut all, mut units) = (Duration::ZERO, BTreeMap::<(usize, u8), Duration>::new());
    for planned in reads {
        let (unit, link) = (&planned.unit, &planned.unit.device.link);
        let alone = read(line, planned.span, link);
        all += alone;
        *units.entry((unit.bus, unit.id)).or_default() += alone + extra_gap(line, link);
    }
    units.into_values().fold(all, Duration::max)
}

#[cfg(test)]
mod tests;
