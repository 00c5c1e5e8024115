//! The rules for panel files: a table of what is wrong and the line that says so.

use super::*;
use crate::modbus::library::{shipped_panel, shipped_panels};

pub(super) const SDM: &str = "waveshare-sdm120-tcp.toml";
const MOTOR: &str = "motor-multicircuit-tcp.toml";

/// Two devices that nobody ships: orders and states in the bits of registers, and reads that cannot differ.
const ORDERS: &str = r#"
schema = 1
id = "test.orders"
title = "Orders"
status = "guess"
sources = []
[link]
holes = "zero"
[banks]
order = { area = "holding", base = 1, stride = 40, count = 8, write_fc = 6, bits = { open = 0, close = 1 }, self_clearing = true }
status = { area = "holding", base = 0, stride = 40, count = 8, bits = { position = 0, not_tripped = 1 }, invalid = ["0xFFFF"] }
same = { area = "holding", base = 1, count = 1, write_fc = 16 }
again = { area = "holding", base = 1, count = 1, write_fc = 16, bits = { open = 1, close = 2 }, self_clearing = true }
other = { area = "holding", base = 1, count = 1, write_fc = 16, bits = { open = 2, close = 3 }, self_clearing = true }
held = { area = "holding", base = 700, count = 8, write_fc = 6, bits = { open = 0, close = 1 } }
coil = { area = "coil", base = 0, count = 8, write_fc = 15 }
self = { area = "coil", base = 0, count = 8 }
out = { area = "coil", base = 16, count = 8, write_fc = 5 }
word = { area = "holding", base = 500, count = 8, write_fc = 6, values = { on = 2, off = 1 } }
words = { area = "holding", base = 600, count = 8, write_fc = 16 }
[points]
current = { area = "input", addr = 0, type = "u16", unit = "A", range = [0, 100] }
[forbid]
coil = [[16, 17]]
"#;

const TOLD: &str = r#"
schema = 1
id = "test.told"
title = "A board that tells its serial number"
status = "guess"
sources = []
[identity]
serial = { area = "holding", addr = 9, type = "u32" }
[banks]
in = { area = "discrete", base = 0, count = 8 }
"#;

const ALIKE: &str = r#"
schema = 1
id = "test.alike"
title = "Current and energy cannot be told apart"
status = "guess"
sources = []
[points]
current = { area = "input", addr = 0, type = "u32", unit = "A", range = [0, 100] }
energy_import = { area = "input", addr = 100, type = "u32", unit = "Wh", range = [0, 1000000] }
"#;

fn library() -> Library {
    let directory = std::env::temp_dir().join(foundation::ids::id("devices"));
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("orders.toml"), ORDERS).unwrap();
    std::fs::write(directory.join("alike.toml"), ALIKE).unwrap();
    std::fs::write(directory.join("told.toml"), TOLD).unwrap();
    let library = Library::with_directory(&directory).unwrap();
    std::fs::remove_dir_all(directory).unwrap();
    library
}

/// A shipped panel file with replacements, each of which must find its place.
pub(super) fn changed(name: &str, changes: &[(&str, &str)]) -> String {
    changes
        .iter()
        .fold(shipped_panel(name).unwrap(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        })
}

pub(super) fn parse(text: &str) -> Result<Panel, ConfigError> {
    Panel::parse(Path::new("panel.toml"), text, &library())
}

const MAINTAINED: &str = r#"kind = "maintained", out = "relay.out{n}""#;
const PULSE: &str = r#"kind = "pulse", close = "io.close{n}", open = "io.open{n}""#;
const TRIPPED: &str = r#"tripped = { in = "trip.in{n}", on = 1 }"#;
const RELAY: &str = r#"id = 1, device = "waveshare.relay8d""#;
const TRIP: &str = r#"id = 2, device = "waveshare.io8""#;
const METERS: &str = r#"ids = [11, 18]"#;

#[test]
fn every_shipped_panel_passes_and_waits_for_its_commissioning() {
    #[rustfmt::skip]
    let expected = [
        ("motor-multicircuit-tcp.toml", 8, "tcp", "pulse"),
        ("motor-smappee-rtu.toml", 8, "rtu", "pulse"),
        ("relay8-sdm630-tcp.toml", 6, "tcp", "maintained"),
        ("smartlink-powertag-gateways.toml", 8, "rtu-over-tcp", "order-bits"),
        ("waveshare-em24-rtu-over-tcp.toml", 4, "rtu-over-tcp", "maintained"),
        ("waveshare-kmn-tcp.toml", 8, "tcp", "maintained"),
        ("waveshare-sdm120-rtu.toml", 8, "rtu", "maintained"),
        ("waveshare-sdm120-tcp.toml", 8, "tcp", "maintained"),
    ];
    let names: Vec<String> = shipped_panels().collect();
    assert_eq!(names.len(), expected.len());
    for (name, outlets, transport, command) in expected {
        let panel = parse(&shipped_panel(name).unwrap()).unwrap();
        let found = match panel.buses[0].transport {
            Transport::Tcp(_) => "tcp",
            Transport::Rtu(_) => "rtu",
            Transport::RtuOverTcp(_) => "rtu-over-tcp",
        };
        let kind = match panel.outlets[0].command {
            Command::Maintained { .. } => "maintained",
            Command::Pulse { .. } => "pulse",
            Command::OrderBits { .. } => "order-bits",
        };
        assert_eq!(
            (panel.outlets.len(), found, kind),
            (outlets, transport, command),
            "{name}"
        );
        assert_eq!(panel.commissioned, None, "{name}");
    }
}

#[test]
fn a_bad_value_is_refused_in_one_line() {
    #[rustfmt::skip]
    let table = [
        ("schema = 1", "schema = 2", "schema: found 2, allowed: 1"),
        ("fast_ms = 1000", "quick_ms = 1000", "poll.quick_ms: line 43: unknown field `quick_ms`, expected `fast_ms`"),
        ("fast_ms = 1000", "fast_ms = 1", "poll.fast_ms: found 1, allowed: 20 to 2000"),
        ("fast_ms = 1000", "fast_ms = 2001", "poll.fast_ms: found 2001, allowed: 20 to 2000"),
        ("port = 502", "port = 502\nbaud = 9600", "bus.a: line 7: unknown field `baud`, expected one of `host`, `port`, `connect_timeout_ms`, `pause_after_connect_ms`, `line`"),
        ("[unit]", "[bus.b]\ntransport = \"tcp\"\nhost = \"192.0.2.10\"\n[unit]", "bus.b: found the address of bus \"a\", allowed: one name per bus"),
        ("auto_reclose = false", "auto_reclose = true", "breaker.default.auto_reclose: found true, allowed: false; a tripped breaker never closes by itself"),
        ("verify_ms = 1500", "verify_ms = 0", "breaker.default.verify_ms: found 0, allowed: 1 to 60000"),
        ("travel_ms = 300", "travel_ms = 60001", "breaker.default.travel_ms: found 60001, allowed: 0 to 60000"),
        ("count = 8", "count = 9", "outlets.count: found 9, allowed: 1 to 8"),
        ("count = 8", "count = 0", "outlets.count: found 0, allowed: 1 to 8"),
        ("rated_a = 20", "rated_a = 0", "outlets.rated_a: found 0, allowed: 1 to 125"),
    ];
    check_all(&table);
}

#[test]
fn a_bad_unit_is_refused_in_one_line() {
    #[rustfmt::skip]
    let table = [
        (RELAY, r#"id = 0, device = "waveshare.relay8d""#, "unit.relay.id: found 0, which speaks to every device at once, allowed: 1 to 247, 255"),
        (RELAY, r#"id = 248, device = "waveshare.relay8d""#, "unit.relay.id: found 248, allowed: 1 to 247, 255"),
        (RELAY, r#"device = "waveshare.relay8d""#, "unit.relay.id: allowed: either id or ids"),
        (RELAY, r#"id = 2, device = "waveshare.relay8d""#, "unit.trip: found 2 for trip, which relay has too"),
        (RELAY, r#"id = 1, device = "waveshare.relay9""#, "unit.relay.device: found \"waveshare.relay9\", allowed: abb.b21, chint.dtsu666, eastron.sdm120, eastron.sdm230, eastron.sdm630, gavazzi.em24-e1, gavazzi.em24-is, generic.mcm12, generic.motor-io, janitza.b23, omron.kmn, orno.we514, schneider.iem3000, schneider.powertag-control, schneider.powertag63, schneider.smartlink-rca, schneider.smartlink-reflex, smappee.powerbox, sunspec.201, sunspec.201-short, test.alike, test.orders, test.told, waveshare.io8, waveshare.relay8, waveshare.relay8d"),
        (METERS, "ids = [18, 11]", "unit.m.ids: found [18, 11], allowed: [first, last]"),
        (METERS, "ids = [11, 12, 40]", "unit.m.ids: line 17: found 3 values, allowed: two, as [lowest, highest]"),
        (METERS, "ids = [11, 300]", "unit.m.ids: found 300, allowed: 1 to 247, 255"),
        (METERS, "ids = [11, 17]", "outlets.meter.points: found \"m8\": no unit \"m8\", allowed: m1, m2, m3, m4, m5, m6, m7, main, relay, trip"),
        (r#"bus = "a", id = 1,"#, r#"bus = "x", id = 1,"#, "unit.relay.bus: found \"x\", allowed: a"),
        (RELAY, r#"id = 1, timeout_ms = 0, device = "waveshare.relay8d""#, "unit.relay.timeout_ms: found 0, allowed: 10 to 1000"),
        (RELAY, r#"id = 1, timeout_ms = 1001, device = "waveshare.relay8d""#, "unit.relay.timeout_ms: found 1001, allowed: 10 to 1000"),
        (r#"ids = [11, 18], device = "eastron.sdm120""#, r#"ids = [11, 18], device = "test.alike""#, "unit.m1: found two periodic reads with function 4 and 4 bytes, at 0x0000 and 0x0064, allowed: different lengths; holes = \"zero\" in test.alike would let one grow"),
    ];
    check_all(&table);
}

#[test]
fn bad_wiring_is_refused_in_one_line() {
    #[rustfmt::skip]
    let table = [
        (MAINTAINED, r#"kind = "maintained", out = "relay.out1""#, "outlets.command: found one output, Coil 0x0000 of relay, for outlet 1 and outlet 2, allowed: an output each"),
        (MAINTAINED, r#"kind = "maintained", out = "relay.out{n+1}""#, "outlets.command.out: found \"relay.out9\", allowed: out1 to out8"),
        (MAINTAINED, r#"kind = "maintained", out = "relay.out{m}""#, "outlets.command.out: found \"relay.out{m}\", allowed in braces: {n}, {n+8}"),
        (MAINTAINED, r#"kind = "maintained", out = "relay""#, "outlets.command.out: found \"relay\", allowed: unit.bank{n} or unit.bank{n}.bit"),
        (MAINTAINED, r#"kind = "maintained", out = "rely.out{n}""#, "outlets.command.out: found \"rely.out1\": no unit \"rely\", allowed: m1, m2, m3, m4, m5, m6, m7, m8, main, relay, trip"),
        (MAINTAINED, r#"kind = "maintained", out = "relay.oot{n}""#, "outlets.command.out: found \"relay.oot1\": waveshare.relay8d has no bank \"oot\", allowed: in, out"),
        (MAINTAINED, r#"kind = "maintained", out = "relay.in{n}""#, "outlets.command.out: found \"relay.in1\", allowed: an output, which is a bank with write_fc; this one can only be read"),
        (MAINTAINED, r#"kind = "pulse", close = "relay.out{n}", open = "relay.out{n}""#, "outlets.command.close: found \"relay.out1\", allowed: a bank with pulse_ms = 1 to 5000"),
        (MAINTAINED, r#"kind = "toggle", out = "relay.out{n}""#, "outlets.command.kind: line 32: unknown variant `toggle`, expected one of `maintained`, `pulse`, `order-bits`"),
        (r#"position = { in = "relay.in{n}", on = 1 }"#, "", "outlets.position: missing, allowed: the source of the breaker's own position contact"),
        (r#"in = "relay.in{n}", on = 1"#, r#"in = "relay.out{n}", on = 1"#, "outlets.position.in: found \"relay.out1\", allowed: a contact of the breaker; an output tells only what was written"),
        (r#"in = "relay.in{n}", on = 1"#, r#"in = "relay.in1", on = 1"#, "outlets.position.in: found one contact for outlet 1 and outlet 2, allowed: a contact each"),
        (r#"in = "relay.in{n}", on = 1"#, r#"in = "relay.in{n}.bit", on = 1"#, "outlets.position.in: found \"relay.in1.bit\": it has no bits; write it without \".bit\""),
        (r#"in = "relay.in{n}", on = 1"#, r#"in = "relay.in{n}", on = 2"#, "outlets.position.on: line 33: found 2, allowed: 0, 1"),
        (TRIPPED, r#"tripped = { in = "trip.in1", on = 1 }"#, "outlets.tripped.in: found one trip contact for outlet 1 and outlet 2, allowed: a trip contact each"),
        (TRIPPED, "tripped = { in = \"trip.in{n}\", on = 1 }\nleakage = { in = \"trip.in1\", on = 1 }", "outlets.leakage.in: found the trip contact of outlet 1 for outlet 1, allowed: a contact of earth leakage"),
        (TRIPPED, "", "outlets.tripped: missing, allowed: a source, or \"none\" where a breaker has no trip contact"),
        (TRIPPED, r#"tripped = "no""#, "outlets.tripped: line 34: found \"no\", allowed: \"none\" or a source"),
        (r#"points = "m{n}""#, r#"points = "m1""#, "outlets.meter: found one meter for outlet 1 and outlet 2, allowed: a meter each"),
        (r#"points = "m{n}""#, r#"points = "relay""#, "outlets.meter.points: found waveshare.relay8d, which has no point \"current\""),
        (r#"points = "m{n}""#, r#"circuit = "m{n}""#, "outlets.meter.circuit: found \"m1\", allowed: unit.{n}"),
        (r#"points = "m{n}""#, r#"circuit = "m1.{n}""#, "outlets.meter.circuit: found \"m1.1\", allowed: a circuit of eastron.sdm120, which has 0"),
        (r#"points = "m{n}""#, r#"points = "m{n}", circuit = "m1.{n}""#, "outlets.meter: allowed: either points or circuit"),
    ];
    check_all(&table);
}

#[test]
fn bad_wiring_of_registers_is_refused_in_one_line() {
    let orders = r#"id = 2, device = "test.orders""#;
    #[rustfmt::skip]
    let table = [
        (r#"kind = "maintained", out = "trip.out{n}""#, "tripped = \"none\"", "outlets.command.out: found \"trip.out1\", allowed: not Coil 0x0010, which test.orders forbids to write"),
        (r#"kind = "maintained", out = "trip.self{n}""#, "tripped = \"none\"", "outlets.command.out: found \"trip.self1\", allowed: an output, which is a bank with write_fc; this one can only be read"),
        (r#"kind = "maintained", out = "trip.order{n}.close""#, "tripped = \"none\"", "outlets.command.out: found \"trip.order1.close\", allowed: kind = \"order-bits\" for a bank of orders"),
        (r#"kind = "order-bits", close = "trip.order{n}", open = "trip.order{n}.open""#, "tripped = \"none\"", "outlets.command.close: found \"trip.order1\", allowed: a bit of a holding register with write_fc = 6 or 16"),
        (r#"kind = "order-bits", close = "trip.held{n}.close", open = "trip.held{n}.open""#, "tripped = \"none\"", "outlets.command.close: found \"trip.held1.close\", allowed: a bank with self_clearing = true: nothing else ends an order"),
        (r#"kind = "order-bits", close = "trip.order{n}.open", open = "trip.order{n}.open""#, "tripped = \"none\"", "outlets.command: found one output, Holding 0x0001 of trip, for outlet 1 and outlet 1, allowed: an output each"),
        (r#"kind = "order-bits", close = "trip.order{n}.close", open = "trip.order{n+1}.open""#, "tripped = \"none\"", "outlets.command.open: found orders to two channels of one bank, allowed: to one and the same"),
        (r#"kind = "maintained", out = "trip.order{n}""#, "tripped = \"none\"", "outlets.command.out: found \"trip.order1\", allowed: kind = \"order-bits\" for a bank of orders"),
        (MAINTAINED, r#"tripped = { in = "trip.status{n}", on = 0 }"#, "outlets.tripped.in: found \"trip.status1\", a whole register, allowed after it: not_tripped, position"),
    ];
    for (command, tripped, expected) in table {
        let text = changed(SDM, &[(TRIP, orders), (MAINTAINED, command), (TRIPPED, tripped)]);
        assert_refused(&text, expected);
    }
}

#[test]
fn orders_and_states_in_the_bits_of_registers_are_wired() {
    let text = changed(
        SDM,
        &[
            (TRIP, r#"id = 2, device = "test.orders""#),
            (
                MAINTAINED,
                r#"kind = "order-bits", close = "trip.order{n}.close", open = "trip.order{n}.open""#,
            ),
            (
                r#"in = "relay.in{n}", on = 1"#,
                r#"in = "trip.status{n}.position", on = 1"#,
            ),
            (
                TRIPPED,
                r#"tripped = { in = "trip.status{n}.not_tripped", on = 0 }"#,
            ),
        ],
    );
    let panel = parse(&text).unwrap();
    let last = panel.outlets.last().unwrap();
    let Command::OrderBits { close, open } = &last.command else {
        panic!("{:?}", last.command)
    };
    assert_eq!((close.place.addr, close.value), (281, WriteValue::Register(2)));
    assert_eq!((open.place.addr, open.value), (281, WriteValue::Register(1)));
    assert_eq!(
        (last.position.place.addr, last.position.bit, last.position.on),
        (280, Some(0), true)
    );
    assert_eq!(last.position.invalid, [0xFFFF]);
    let tripped = last.tripped.as_ref().unwrap();
    assert_eq!(
        (tripped.place.addr, tripped.bit, tripped.on),
        (280, Some(1), false)
    );
}

#[test]
fn the_four_ways_to_hold_an_output_are_wired() {
    let orders = r#"id = 2, device = "test.orders""#;
    #[rustfmt::skip]
    let table = [
        (MAINTAINED, 1, WriteValue::Coil(true), WriteValue::Coil(false)),
        (r#"kind = "maintained", out = "trip.coil{n}""#, 1, WriteValue::Coils(true), WriteValue::Coils(false)),
        (r#"kind = "maintained", out = "trip.word{n}""#, 501, WriteValue::Register(2), WriteValue::Register(1)),
        (r#"kind = "maintained", out = "trip.words{n}""#, 601, WriteValue::Registers(1), WriteValue::Registers(0)),
    ];
    for (command, addr, on, off) in table {
        let panel = parse(&changed(
            SDM,
            &[
                (TRIP, orders),
                (MAINTAINED, command),
                (TRIPPED, "tripped = \"none\""),
            ],
        ));
        let panel = panel.unwrap();
        assert!(panel.outlets[1].tripped.is_none());
        let Command::Maintained { close, open } = &panel.outlets[1].command else {
            panic!("{command}")
        };
        assert_eq!((close.place.addr, close.value, open.value), (addr, on, off));
    }
}

#[test]
fn a_pulse_is_ended_by_the_controller_unless_the_device_does_it() {
    let panel = parse(&changed(MOTOR, &[])).unwrap();
    let Command::Pulse { close, open } = &panel.outlets[7].command else {
        panic!()
    };
    assert_eq!((close.press.place.addr, open.press.place.addr), (7, 15));
    let (length, release) = open.release.as_ref().unwrap();
    assert_eq!(
        (length.as_millis(), release.place.addr, release.value),
        (400, 15, WriteValue::Coil(false))
    );
    let crossed = changed(
        MOTOR,
        &[(
            PULSE,
            r#"kind = "pulse", close = "io.close{n}", open = "io.close{n}""#,
        )],
    );
    assert_refused(
        &crossed,
        "outlets.command: found one output, Coil 0x0000 of io, for outlet 1 and outlet 1, allowed: an output each",
    );
}

#[test]
fn a_bus_can_be_sent_elsewhere() {
    let mut panel = parse(&changed(SDM, &[])).unwrap();
    assert!(panel.redirect("a", "127.0.0.1:1502".parse().unwrap()));
    assert!(!panel.redirect("b", "127.0.0.1:1502".parse().unwrap()));
    let Transport::Tcp(tcp) = &panel.buses[0].transport else {
        panic!()
    };
    assert_eq!((tcp.host.as_str(), tcp.port), ("127.0.0.1", 1502));
}

#[test]
fn an_output_that_is_pressed_is_not_held() {
    let pulse = r#"kind = "pulse", close = "io.close{n}", open = "io.open{n}""#;
    let held = changed(MOTOR, &[(pulse, r#"kind = "maintained", out = "io.close{n}""#)]);
    assert_refused(
        &held,
        "outlets.command.out: found \"io.close1\", allowed: kind = \"pulse\" for a bank with pulse_ms",
    );
}

fn check_all(table: &[(&str, &str, &str)]) {
    for (from, to, expected) in table {
        assert_refused(&changed(SDM, &[(from, to)]), expected);
    }
}

pub(super) fn assert_refused(text: &str, expected: &str) {
    let found = parse(text).map(|panel| panel.name).unwrap_err().to_string();
    assert_eq!(found, format!("panel.toml: {expected}"));
}
