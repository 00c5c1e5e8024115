//! What is read of the panels that the program ships, and of odd ones.

use std::path::Path;

use super::*;
use crate::modbus::library::{Library, shipped_panel};
use crate::modbus::panel::Panel;

fn listed(reads: &[PlannedRead]) -> Vec<String> {
    let line = |read: &PlannedRead| {
        let Span { area, addr, count } = read.span;
        format!("{} {}:{addr:#06x}+{count}", read.unit.name, area.read_function())
    };
    reads.iter().map(line).collect()
}

fn plan(panel: &str) -> Plan {
    let text = shipped_panel(panel).unwrap();
    let panel = Panel::parse(Path::new(panel), &text, &Library::shipped().unwrap()).unwrap();
    panel.plan
}

#[test]
fn meters_that_pause_are_read_in_short_reads_while_others_are_asked() {
    let plan = plan("waveshare-sdm120-tcp.toml");
    let fast = listed(&plan.fast);
    assert_eq!(fast.len(), 10);
    assert_eq!(
        fast[..3],
        ["relay 2:0x0000+8", "trip 2:0x0000+8", "m1 4:0x0006+2"]
    );
    let slow = listed(&plan.slow);
    assert_eq!(slow.len(), 18);
    assert_eq!(
        slow[..2],
        ["m1 4:0x0000+14", "m1 4:0x0048+4"],
        "none as long as the read of its current"
    );
    assert_eq!(slow[17], "main 4:0x0048+2");
}

#[test]
fn a_read_that_could_be_taken_for_another_is_lengthened() {
    let plan = plan("waveshare-kmn-tcp.toml");
    assert_eq!(listed(&plan.fast)[2], "m1 3:0x0006+2");
    assert_eq!(listed(&plan.slow)[2..4], ["m1 3:0x0000+18", "m1 3:0x0200+4"]);
}

#[test]
fn circuits_of_one_meter_are_read_together() {
    let plan = plan("motor-multicircuit-tcp.toml");
    assert_eq!(listed(&plan.fast), ["io 2:0x0000+16", "mcm 3:0x0102+72"]);
    assert_eq!(listed(&plan.slow), ["mcm 3:0x0100+80", "mcm 3:0x016e+10"]);
}

#[test]
fn a_read_is_not_taken_for_that_of_the_serial_number_where_it_can_be_longer() {
    for name in crate::modbus::library::shipped_panels() {
        let plan = plan(&name);
        for read in plan.fast.iter().chain(&plan.slow) {
            let identity = read.unit.device.identity.as_ref();
            let Some(serial) = identity.and_then(|identity| identity.serial.as_ref()) else {
                continue;
            };
            let is_alike = serial.span().shape() == read.span.shape();
            let could_differ = longer(read.span, &read.unit.device).is_some();
            assert!(
                !is_alike || !could_differ,
                "{name}: {:?}",
                listed(std::slice::from_ref(read))
            );
        }
    }
}

fn device(link: &str, points: &str) -> Device {
    let text = format!(
        "schema=1\nid='x'\ntitle='x'\nstatus='guess'\nsources=[]\n[link]\n{link}\n[points]\n{points}"
    );
    Device::parse(Path::new("x.toml"), &text).unwrap()
}

fn input(addr: u16, count: u16) -> Span {
    Span {
        area: Area::Input,
        addr,
        count,
    }
}

#[test]
fn reads_are_joined_only_where_the_device_can_and_it_pays() {
    let current = "current={area='input',addr=2,type='u16',unit='A',range=[0,100]}";
    #[rustfmt::skip]
    let table: [(&str, &str, Vec<Span>, Vec<Span>); 7] = [
        ("", "", vec![input(0, 2), input(2, 2)], vec![input(0, 4)]),
        ("", "", vec![input(4, 2), input(0, 2)], vec![input(0, 2), input(4, 2)]),
        ("", current, vec![input(0, 2), input(3, 2)], vec![input(0, 5)]),
        ("holes='zero'", "", vec![input(0, 2), input(11, 2)], vec![input(0, 13)]),
        ("holes='zero'", "", vec![input(0, 2), input(12, 2)], vec![input(0, 2), input(12, 2)]),
        ("holes='zero'\nmin_gap_ms=100", "", vec![input(0, 2), input(52, 2)], vec![input(0, 54)]),
        ("holes='zero'\nmax_read_regs=11", "", vec![input(0, 6), input(6, 6)], vec![input(0, 6), input(6, 6)]),
    ];
    for (link, points, spans, expected) in table {
        assert_eq!(
            merged(spans, &device(link, points), (cost::LIKELY_LINE, true)),
            expected,
            "{link} {points}"
        );
    }
}

#[test]
fn a_read_grows_only_over_what_may_be_read() {
    let beside = "voltage={area='input',addr=4,type='u16',unit='V',range=[0,300]}\ncurrent={area='input',addr=1,type='u16',unit='A',range=[0,100]}";
    #[rustfmt::skip]
    let table = [
        ("holes='zero'\nalign=2", "", input(2, 2), Some(input(2, 4))),
        ("", "", input(2, 2), None),
        ("", beside, input(2, 2), Some(input(2, 3))),
        ("", beside, input(2, 3), Some(input(1, 4))),
        ("holes='zero'\nmax_read_regs=2", "", input(2, 2), None),
        ("holes='zero'", "", input(0xFFFE, 2), Some(input(0xFFFD, 3))),
    ];
    for (link, points, span, expected) in table {
        assert_eq!(longer(span, &device(link, points)), expected, "{link} {points}");
    }
}

#[test]
fn single_registers_of_a_device_that_answers_in_twos_are_read_in_twos() {
    let link = device("align=2", "").link;
    for (span, expected) in [
        (input(16, 1), input(16, 2)),
        (input(17, 1), input(16, 2)),
        (input(17, 2), input(16, 4)),
        (input(16, 4), input(16, 4)),
    ] {
        assert_eq!(link.aligned(span), expected);
    }
    let unit = Arc::new(Unit {
        name: "board".into(),
        bus: 0,
        id: 1,
        device: Arc::new(device("align=2", "")),
        pinned: None,
        timeout: Duration::ZERO,
        least_timeout: Duration::ZERO,
        min_gap: Duration::ZERO,
    });
    let contact = Place {
        unit,
        area: Area::Input,
        addr: 17,
    };
    let mut wishes = Wishes::default();
    wishes.add(&contact, 1);
    let reads = wishes.reads(Class::State, Lines(&[]));
    assert_eq!(listed(&reads), ["board 4:0x0010+2"]);
    assert!(reads[0].covers(&contact, 1));
    let bits = Span {
        area: Area::Discrete,
        addr: 3,
        count: 1,
    };
    assert_eq!(link.aligned(bits), bits);
}
