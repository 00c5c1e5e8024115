//! Times worked out by hand for 11 bits a character.

use super::*;
use crate::modbus::panel::WriteValue;
use crate::modbus::point::Area;

const BAUDS: [u32; 4] = [9_600, 19_200, 38_400, 115_200];

fn line(baud: u32) -> Line {
    Line {
        baud,
        framing: Framing::EightNoneTwo,
    }
}

fn link(turnaround_ms: u64, min_gap_ms: u64) -> Link {
    Link {
        turnaround_ms,
        min_gap_ms,
        ..Link::default()
    }
}

fn words(count: u16) -> Span {
    Span {
        area: Area::Input,
        addr: 0,
        count,
    }
}

fn bits(count: u16) -> Span {
    Span {
        area: Area::Discrete,
        addr: 0,
        count,
    }
}

fn total(baud: u32, turnaround_ms: u64, reads: &[Span]) -> Duration {
    let link = link(turnaround_ms, 0);
    reads.iter().map(|span| read(line(baud), *span, &link)).sum()
}

#[track_caller]
fn assert_about(found: Duration, expected_ms: u64, what: &str) {
    let off = found.abs_diff(Duration::from_millis(expected_ms));
    assert!(
        off <= Duration::from_micros(550),
        "{what}: {found:?}, not {expected_ms} ms"
    );
}

fn eight(of_each: &[Span], others: &[Span]) -> Vec<Span> {
    [of_each.repeat(8), others.to_vec()].concat()
}

#[test]
fn cycles_take_at_least_what_the_line_needs() {
    let contacts = [bits(8), bits(8)];
    #[rustfmt::skip]
    let table = [
        ("meters in two reads", eight(&[words(14), words(2)], &contacts), [708, 354, 204, 110], [1068, 714, 564, 470]),
        ("meters in one read", eight(&[words(74)], &contacts), [1588, 794, 412, 161], [1788, 994, 612, 361]),
        ("a read for each value", eight(&[words(2); 4], &contacts), [928, 464, 283, 174], [1608, 1144, 963, 854]),
        ("currents and powers only", eight(&[words(8)], &contacts), [378, 189, 110, 60], [578, 389, 310, 260]),
        ("one meter for all", vec![bits(16), words(80)], [232, 116, 61, 25], [272, 156, 101, 65]),
        ("meters of 18 and 2 registers", eight(&[words(18), words(2)], &contacts), [782, 391, 222, 116], [1142, 751, 582, 476]),
    ];
    for (what, reads, at_once, after_20_ms) in table {
        for ((baud, at_once), after_20_ms) in BAUDS.into_iter().zip(at_once).zip(after_20_ms) {
            assert_about(total(baud, 0, &reads), at_once, what);
            assert_about(total(baud, 20, &reads), after_20_ms, what);
        }
    }
}

#[test]
fn a_command_and_a_look_at_its_effect_are_short() {
    for (baud, expected_ms) in BAUDS.into_iter().zip([50, 25, 16, 10]) {
        let write = frames(line(baud), Order::Write(0, WriteValue::Coil(true)));
        let both = write + frames(line(baud), Order::Read(bits(8)));
        assert_about(both, expected_ms, "command");
    }
}

#[test]
fn unneeded_registers_are_read_while_that_is_cheaper_than_asking_again() {
    #[rustfmt::skip]
    let table = [
        (9_600, [(0, 9), (20, 18), (100, 53)]),
        (19_200, [(0, 9), (20, 27), (100, 97)]),
        (115_200, [(0, 24), (20, 129), (100, 548)]),
    ];
    for (baud, cases) in table {
        for (turnaround_ms, longest) in cases {
            let link = link(turnaround_ms, 0);
            let pays = |registers: u16| hole_pays(line(baud), 2 * registers, &link, true);
            let found = (0..1000).take_while(|registers| pays(*registers)).last();
            assert_eq!(found, Some(longest), "{baud} {turnaround_ms}");
        }
    }
}

#[test]
fn a_pause_makes_one_long_read_cheaper_only_where_nobody_else_is_asked_meanwhile() {
    // Between the power and the energy of a small meter lie 58 registers.
    let link = link(20, 100);
    assert!(hole_pays(line(9_600), 2 * 50, &link, true));
    assert!(!hole_pays(line(9_600), 2 * 50, &link, false));
    assert!(hole_pays(line(115_200), 2 * 58, &link, false), "a fast line");
}

#[test]
fn a_pause_that_a_unit_wants_counts_as_far_as_it_is_longer_than_any() {
    assert_eq!(extra_gap(line(9_600), &link(0, 100)).as_micros(), 95_989);
    assert_eq!(extra_gap(line(9_600), &link(0, 3)), Duration::ZERO);
}
