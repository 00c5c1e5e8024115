//! A read whose answer cannot be taken for a late one: it has a length that no other answer of the unit has.

use std::collections::BTreeSet;

use crate::modbus::device::Device;
use crate::modbus::plan::Span;
use crate::modbus::point::Area;

/// Banks and registers that are asked beyond what is read anyway.
const LONGER_BY: u16 = 8;

/// What to ask, the best first; after the last comes the first again. Never empty if something was asked before.
pub(super) fn candidates(asked: &BTreeSet<Span>, doubted: Option<Span>, device: &Device) -> Vec<Span> {
    let unique = |span: &Span| asked.iter().all(|other| other.shape() != span.shape());
    let shorter = asked.iter().flat_map(|span| shortened(*span, device));
    let elsewhere = [Area::Coil, Area::Discrete]
        .into_iter()
        .filter_map(|area| first_of(area, device));
    let longer = asked.iter().filter_map(|span| lengthened(*span, device));
    let mut found: Vec<Span> = Vec::new();
    for span in shorter.chain(elsewhere).chain(longer).filter(unique) {
        // The answer to the first of two may be late too.
        if found.len() < 2 && found.iter().all(|other| other.shape() != span.shape()) {
            found.push(span);
        }
    }
    // Where nothing is unique, a read that is told from the doubted one; at last any, its answer thrown away.
    let other = |span: &&Span| doubted.is_none_or(|doubted| doubted.shape() != span.shape());
    found.extend(asked.iter().find(other).copied().or(doubted));
    found
}

/// The beginnings of a read, the shortest first, that cut no value in two.
fn shortened(span: Span, device: &Device) -> impl Iterator<Item = Span> {
    let step = if span.area.is_bits() { 8 } else { device.link.align };
    let counts = (1..span.count).filter(move |count| count.is_multiple_of(step));
    counts
        .filter(move |count| span.area.is_bits() || !device.cuts(span.area, span.addr.saturating_add(*count)))
        .map(move |count| Span { count, ..span })
}

/// Inputs or outputs that the device has.
fn first_of(area: Area, device: &Device) -> Option<Span> {
    let addr = (0..=0x00FF).find(|addr| device.defines(area, *addr))?;
    let count = (1..=LONGER_BY.min(device.link.max_read_bits))
        .take_while(|count| device.defines(area, addr + count - 1))
        .last()?;
    Some(Span { area, addr, count })
}

/// More than is read: most devices refuse it, and a refusal is an answer too.
fn lengthened(span: Span, device: &Device) -> Option<Span> {
    let count = span.count.checked_add(if span.area.is_bits() {
        LONGER_BY
    } else {
        device.link.align
    })?;
    let longest = if span.area.is_bits() {
        device.link.max_read_bits
    } else {
        device.link.max_read_regs
    };
    let fits = count <= longest;
    let inside = u32::from(span.addr) + u32::from(count) <= 0x1_0000;
    (fits && inside).then_some(Span { count, ..span })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::library::Library;

    fn span(area: Area, addr: u16, count: u16) -> Span {
        Span { area, addr, count }
    }

    fn first(device: &str, asked: &[Span]) -> Vec<Span> {
        let device = Library::shipped().unwrap().device(device).unwrap();
        candidates(&asked.iter().copied().collect(), asked.first().copied(), &device)
    }

    #[test]
    fn a_meter_is_asked_for_a_part_of_what_it_tells() {
        let current = span(Area::Input, 6, 2);
        let found = first("eastron.sdm120", &[current, span(Area::Input, 0, 74)]);
        assert_eq!(found[0], span(Area::Input, 0, 4));
    }

    #[test]
    fn a_board_is_asked_for_what_is_not_read_otherwise() {
        let found = first("waveshare.relay8d", &[span(Area::Discrete, 0, 8)]);
        assert_eq!(found[0], span(Area::Coil, 0, 8));
        let found = first("generic.motor-io", &[span(Area::Discrete, 0, 16)]);
        assert_eq!(found[0], span(Area::Discrete, 0, 8));
    }

    #[test]
    fn no_probe_is_longer_than_the_device_allows_and_no_two_are_alike() {
        for id in Library::shipped().unwrap().ids() {
            let device = Library::shipped().unwrap().device(id).unwrap();
            let (bits, regs) = (device.link.max_read_bits, device.link.max_read_regs);
            for area in [Area::Coil, Area::Discrete, Area::Holding, Area::Input] {
                let longest = if area.is_bits() { bits } else { regs };
                let asked = [span(area, 0, longest), span(area, 0, device.link.align)];
                let found = first(id, &asked);
                let too_long = |span: &&Span| span.count > if span.area.is_bits() { bits } else { regs };
                assert_eq!(found.iter().find(too_long), None, "{id}");
                let mut shapes: Vec<_> = found.iter().map(|span| span.shape()).collect();
                shapes.sort_unstable();
                shapes.dedup();
                assert_eq!(shapes.len(), found.len(), "{id}: {found:?}");
            }
        }
    }

    #[test]
    fn no_probe_has_the_length_of_another_answer_while_one_has_another() {
        let asked = [span(Area::Discrete, 0, 8)];
        let found = first("waveshare.io8", &asked);
        assert_ne!(found[0].shape(), asked[0].shape());
        assert_eq!(found.last(), Some(&asked[0]));
    }
}
