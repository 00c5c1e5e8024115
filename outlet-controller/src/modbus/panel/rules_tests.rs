//! The rules for buses, breakers, single outlets, pinned serial numbers and settings: what is wrong, and the line that says so.

use super::tests::{SDM, assert_refused, changed, parse};
use super::*;

const TCP: &str = "transport = \"tcp\"\nhost = \"192.0.2.10\"\nport = 502";
const RTU: &str = "transport = \"rtu\"\nport = \"/dev/ttyS1\"\nbaud = 9600";
const RTU_OVER_TCP: &str =
    "transport = \"rtu-over-tcp\"\nhost = \"192.0.2.10\"\nport = 4196\nbaud = 9600\nframing = \"8E1\"";
const MAIN: &str = "[main]";

fn refused_with(from: &str, table: &[(String, &str)]) {
    for (to, expected) in table {
        assert_refused(&changed(SDM, &[(from, to)]), expected);
    }
}

#[test]
fn the_three_transports_and_their_lines_are_read() {
    let bus = |text: &str| {
        parse(&changed(SDM, &[(TCP, text)]))
            .unwrap()
            .buses
            .remove(0)
            .transport
    };
    let line = |baud, framing| Some(Line { baud, framing });
    let rtu = bus(RTU);
    assert_eq!(rtu.line(), line(9600, Framing::EightNoneOne));
    let over_tcp = bus(RTU_OVER_TCP);
    assert_eq!(over_tcp.line(), line(9600, Framing::EightEvenOne));
    assert_eq!(bus(TCP).line(), None);
    let behind = bus(&format!("{TCP}\nline = {{ baud = 2400, framing = \"8N2\" }}").replace("2400", "9600"));
    assert_eq!(behind.line(), line(9600, Framing::EightNoneTwo));
    assert_eq!(behind.line().unwrap().framing.bits_per_character(), 11);
    let mut moved = rtu;
    moved.redirect("127.0.0.1:1502".parse().unwrap());
    let Transport::RtuOverTcp(moved) = moved else {
        panic!("{moved:?}")
    };
    assert_eq!(
        (moved.host.as_str(), moved.port, moved.baud),
        ("127.0.0.1", 1502, 9600)
    );
}

#[test]
fn a_bad_bus_is_refused_in_one_line() {
    let two = |port: &str| format!("{RTU}\n[bus.b]\n{}", RTU.replace("ttyS1", port));
    assert!(parse(&changed(SDM, &[(TCP, &two("ttyS2"))])).is_ok());
    #[rustfmt::skip]
    let table = [
        (two("ttyS1"), "bus.b: found the serial port of bus \"a\", allowed: one name per bus"),
        (format!("{RTU_OVER_TCP}\n[bus.b]\n{RTU_OVER_TCP}"), "bus.b: found the address of bus \"a\", allowed: one name per bus"),
        (RTU.replace("9600", "12"), "bus.a.baud: found 12, allowed: 1200 to 1000000"),
        (RTU.replace("9600", "19200"), "bus.a.baud: found 19200, allowed by eastron.sdm120 (m1): 1200, 2400, 4800, 9600"),
        (format!("{TCP}\nline = {{ baud = 12 }}"), "bus.a.line.baud: found 12, allowed: 1200 to 1000000"),
        (format!("{TCP}\nconnect_timeout_ms = 0"), "bus.a.connect_timeout_ms: found 0, allowed: 10 to 10000"),
        (format!("{TCP}\npause_after_connect_ms = 20000"), "bus.a.pause_after_connect_ms: found 20000, allowed: 0 to 10000"),
        (TCP.replace("\"tcp\"", "\"udp\""), "bus.a.transport: line 8: unknown variant `udp`, expected one of `tcp`, `rtu`, `rtu-over-tcp`"),
        (format!("{RTU}\nframing = \"7E1\""), "bus.a: line 7: unknown variant `7E1`, expected one of `8N1`, `8E1`, `8O1`, `8N2`"),
        (format!("{RTU}\nhost = \"192.0.2.1\""), "bus.a: line 7: unknown field `host`, expected one of `port`, `baud`, `framing`"),
        (RTU.replace("baud = 9600", ""), "bus.a: line 7: missing field `baud`"),
    ];
    refused_with(TCP, &table);
    let broadcast = changed(SDM, &[(TCP, RTU), ("id = 1,", "id = 255,")]);
    assert_refused(&broadcast, "unit.relay.id: found 255, allowed: 1 to 247");
}

#[test]
fn a_bad_breaker_is_refused_in_one_line() {
    let breaker = "[breaker.default]";
    #[rustfmt::skip]
    let table = [
        ("max_ops_per_10_min = 0", "breaker.default.max_ops_per_10_min: found 0, allowed: 1 to 600"),
        ("min_on_s = 4000", "breaker.default.min_on_s: found 4000, allowed: 0 to 3600"),
        ("max_ops = 1", "breaker.default.max_ops: line 21: unknown field `max_ops`, expected one of `travel_ms`, `verify_ms`, `min_off_s`, `min_on_s`, `max_ops_per_hour`, `max_ops_per_10_min`, `life_ops`, `trip_reset`, `auto_reclose`"),
    ];
    let table = table.map(|(line, expected)| (format!("{breaker}\n{line}"), expected));
    refused_with(breaker, &table);
    let breaker = &parse(&changed(SDM, &[])).unwrap().outlets[0].breaker;
    assert_eq!((breaker.min_on_s, breaker.max_ops_per_10_min), (5, 6));
}

#[test]
fn an_outlet_may_differ_in_every_key() {
    let text = changed(
        SDM,
        &[(
            MAIN,
            r#"[breaker.slow]
travel_ms = 3000
verify_ms = 6000
life_ops = 4000
trip_reset = "off-command"
auto_reclose = false
[outlet.3]
breaker = "slow"
rated_a = 16
position = { in = "relay.in3", on = 0 }
tripped = "none"
leakage = { in = "trip.in3", on = 1 }
meter = { points = "m3", dead_when_open = true }
command = { kind = "maintained", out = "relay.out3" }
[main]"#,
        )],
    );
    let panel = parse(&text).unwrap();
    let (second, third) = (&panel.outlets[1], &panel.outlets[2]);
    assert_eq!((third.breaker.travel_ms, second.breaker.travel_ms), (3000, 300));
    assert_eq!(
        (third.breaker.min_off_s, third.breaker.max_ops_per_hour),
        (10, 12)
    );
    assert_eq!((third.rated_a, second.rated_a), (16, 20));
    assert!(third.tripped.is_none() && second.tripped.is_some());
    assert!(third.leakage.is_some() && second.leakage.is_none());
    assert!(third.meter.dead_when_open && !second.meter.dead_when_open);
    assert!(!third.position.on && second.position.on);
    assert_eq!(panel.longest_move_ms(), 9000);
}

#[test]
fn a_bad_outlet_of_its_own_is_refused_in_one_line() {
    #[rustfmt::skip]
    let table = [
        ("[outlet.9]\nrated_a = 16", "outlet.9: found \"9\", allowed: 1 to 8, as outlets.count says"),
        ("[outlet.03]\nrated_a = 16", "outlet.03: found \"03\", allowed: 1 to 8, as outlets.count says"),
        ("[outlet.3]\nrated_a = 0", "outlet.3.rated_a: found 0, allowed: 1 to 125"),
        ("[outlet.3]\nbreaker = \"fast\"", "outlet.3.breaker: found \"fast\", allowed: default"),
        ("[outlet.3]\ncount = 1", "outlet.3.count: line 39: unknown field `count`, expected one of `command`, `position`, `tripped`, `leakage`, `meter`, `rated_a`, `breaker`"),
        ("[outlet.3]\nposition = { in = \"relay.out3\", on = 1 }", "outlet.3.position.in: found the command's own place, allowed: another contact, that of the breaker"),
        ("[outlet.3]\nleakage = { in = \"trip.in9\", on = 1 }", "outlet.3.leakage.in: found \"trip.in9\", allowed: in1 to in8"),
        ("[outlet.3]\nmeter = { points = \"relay\" }", "outlet.3.meter.points: found waveshare.relay8d, which has no point \"current\""),
        ("[outlet.3]\ncommand = { kind = \"maintained\", out = \"relay.out4\" }", "outlets.command: found one output for outlet 3 and outlet 4, allowed: an output each"),
    ];
    let table = table.map(|(added, expected)| (format!("{added}\n{MAIN}"), expected));
    refused_with(MAIN, &table);
}

#[test]
fn serial_numbers_are_pinned_to_units_that_tell_theirs() {
    let pinned = |lines: &str| changed(SDM, &[(MAIN, &format!("[pinned]\n{lines}\n{MAIN}"))]);
    let panel = parse(&pinned("m2 = \"19034567\"")).unwrap();
    let pinned_of = |number: usize| {
        let register = panel.outlets[number].meter.register.as_ref().unwrap();
        register.place.unit.pinned.clone()
    };
    assert_eq!((pinned_of(0), pinned_of(1)), (None, Some("19034567".to_owned())));
    #[rustfmt::skip]
    let table = [
        ("m9 = \"1\"", "pinned.m9: no unit \"m9\", allowed: m1, m2, m3, m4, m5, m6, m7, m8, main, relay, trip"),
        ("relay = \"1\"", "pinned.relay: found \"1\", but waveshare.relay8d tells no serial number"),
    ];
    for (lines, expected) in table {
        assert_refused(&pinned(lines), expected);
    }
}

#[test]
fn rules_and_commissioning_are_read_and_their_faults_told() {
    let bare = parse(&changed(SDM, &[])).unwrap();
    assert_eq!((bare.rules, bare.commissioned), (Rules::default(), None));
    assert_eq!((bare.rules.random_delay_s, bare.rules.no_load_off_min), (120, 15));
    let with = |added: &str| changed(SDM, &[(MAIN, &format!("{added}\n{MAIN}"))]);
    let done = "[commissioned]\nat = \"2026-04-01T09:30:00+09:00\"\nby = \"Sato\"";
    let panel = parse(&with(&format!(
        "{done}\n[rules]\nrandom_delay_s = 1800\nafter_power_cut = \"end\""
    )))
    .unwrap();
    assert_eq!(panel.commissioned.unwrap().by, "Sato");
    assert_eq!(
        (panel.rules.random_delay_s, panel.rules.after_power_cut),
        (1800, AfterPowerCut::End)
    );
    #[rustfmt::skip]
    let table = [
        ("[rules]\nrandom_delay_s = 1801", "rules.random_delay_s: found 1801, allowed: 0 to 1800"),
        ("[rules]\nno_load_warn_min = 16", "rules.no_load_warn_min: found 16, allowed: 1 to 15"),
        ("[rules]\nno_load_off_min = 0", "rules.no_load_off_min: found 0, allowed: 1 to 1440"),
        ("[rules]\nstagger_ms = 60001", "rules.stagger_ms: found 60001, allowed: 0 to 60000"),
        ("[rules]\nidle_below_ma = -1", "rules.idle_below_ma: found -1, allowed: 0 to 10000"),
        ("[rules]\nidle_after_min = 0", "rules.idle_after_min: found 0, allowed: 1 to 1440"),
        ("[rules]\nafter_power_cut = \"wait\"", "rules.after_power_cut: line 39: unknown variant `wait`, expected `continue` or `end`"),
        ("[rules]\nrandom = 1", "rules.random: line 39: unknown field `random`, expected one of `stagger_ms`, `random_delay_s`, `no_load_warn_min`, `no_load_off_min`, `idle_below_ma`, `idle_after_min`, `after_power_cut`"),
        ("[commissioned]\nat = \"yesterday\"\nby = \"Sato\"", "commissioned.at: found \"yesterday\", allowed: a time like \"2026-04-01T09:30:00+09:00\""),
        ("[commissioned]\nat = \"2026-04-01T09:30:00Z\"\nby = \" \"", "commissioned.by: found nothing, allowed: a name"),
    ];
    for (added, expected) in table {
        assert_refused(&with(added), expected);
    }
}

/// One outlet, with a meter or a breaker of each shipped kind.
#[test]
fn every_shipped_device_that_meters_or_switches_makes_a_panel() {
    let library = crate::modbus::library::Library::shipped().unwrap();
    let (mut meters, mut breakers) = (0, 0);
    for id in library.ids() {
        let device = library.device(id).unwrap();
        let meter = match device.circuits() {
            0 => "points = \"m1\"",
            _ => "circuit = \"m1.1\"",
        };
        if device.circuits() > 0 || device.point(crate::modbus::point::Quantity::Current).is_some() {
            let row = r#"ids = [11, 18], device = "eastron.sdm120""#;
            let own = format!("ids = [11, 11], device = \"{id}\"");
            let one = [
                ("count = 8", "count = 1"),
                (row, &own),
                ("points = \"m{n}\"", meter),
            ];
            let panel = parse(&changed(SDM, &one)).unwrap();
            assert!(panel.outlets[0].meter.register.is_some(), "{id}");
            meters += 1;
        }
        let output = |name: &str| device.banks.get(name).is_some_and(|bank| bank.write_fc.is_some());
        let command = if output("out") {
            r#"kind = "maintained", out = "board.out{n}""#
        } else if output("order") {
            r#"kind = "order-bits", close = "board.order{n}.close", open = "board.order{n}.open""#
        } else if output("close") {
            r#"kind = "pulse", close = "board.close{n}", open = "board.open{n}""#
        } else {
            continue;
        };
        let board = format!("[unit]\nboard = {{ bus = \"a\", id = 5, device = \"{id}\" }}");
        let one = [
            ("[unit]", board.as_str()),
            (r#"kind = "maintained", out = "relay.out{n}""#, command),
        ];
        assert_eq!(parse(&changed(SDM, &one)).unwrap().outlets.len(), 8, "{id}");
        breakers += 1;
    }
    assert_eq!((meters, breakers), (16, 6));
}
