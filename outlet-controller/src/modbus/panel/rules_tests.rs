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
        ("[outlet.3]\ncount = 1", "outlet.3.count: line 39: unknown field `count`, expected one of `command`, `position`, `tripped`, `leakage`, `meter`, `rated_a`, `breaker`, `breaker_id`"),
        ("[outlet.3]\nposition = { in = \"relay.out3\", on = 1 }", "outlet.3.position.in: found \"relay.out3\", allowed: a contact of the breaker; an output tells only what was written"),
        ("[outlet.3]\nleakage = { in = \"trip.in9\", on = 1 }", "outlet.3.leakage.in: found \"trip.in9\", allowed: in1 to in8"),
        ("[outlet.3]\nmeter = { points = \"relay\" }", "outlet.3.meter.points: found waveshare.relay8d, which has no point \"current\""),
        ("[outlet.3]\ncommand = { kind = \"maintained\", out = \"relay.out4\" }", "outlets.command: found one output, Coil 0x0003 of relay, for outlet 3 and outlet 4, allowed: an output each"),
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
        ("board = \"1\"", "pinned.board: found \"1\", but only meters are pinned"),
    ];
    let with_board = |text: String| {
        let board = "[unit]\nboard = { bus = \"a\", id = 5, device = \"test.told\" }";
        text.replace("[unit]", board)
    };
    for (lines, expected) in table {
        let text = pinned(lines);
        let has_board = lines.starts_with("board");
        assert_refused(&if has_board { with_board(text) } else { text }, expected);
    }
}

#[test]
fn rules_and_commissioning_are_read_and_their_faults_told() {
    let bare = parse(&changed(SDM, &[])).unwrap();
    assert_eq!((bare.rules, bare.commissioned), (Rules::default(), None));
    assert_eq!((bare.rules.random_delay_s, bare.rules.no_load_off_min), (120, 15));
    let with = |added: &str| changed(SDM, &[(MAIN, &format!("{added}\n{MAIN}"))]);
    let done = "[commissioned]\nat = \"2026-04-01T09:30:00+09:00\"\nby = \"Sato\"\noutlets = [1, 3]";
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
        ("[commissioned]\nat = \"yesterday\"\nby = \"Sato\"\noutlets = [1]", "commissioned.at: found \"yesterday\", allowed: a time like \"2026-04-01T09:30:00+09:00\""),
        ("[commissioned]\nat = \"2026-04-01T09:30:00Z\"\nby = \" \"\noutlets = [1]", "commissioned.by: found nothing, allowed: a name"),
        ("[commissioned]\nat = \"2026-04-01T09:30:00Z\"\nby = \"Sato\"\noutlets = [0]", "commissioned.outlets: found 0, allowed: 1 to 8"),
        ("[commissioned]\nat = \"2026-04-01T09:30:00Z\"\nby = \"Sato\"", "commissioned: line 38: missing field `outlets`"),
        ("[supply]\nvoltage_v = []", "supply.voltage_v: found nothing, allowed: [lowest, highest], 1 to 1000"),
        ("[supply]\nvoltage_v = [[207, 230, 253]]", "supply.voltage_v: line 39: found 3 values, allowed: two, as [lowest, highest]"),
        ("[supply]\nvoltage_v = [[230, 207]]", "supply.voltage_v: found [230, 207], allowed: [lowest, highest], 1 to 1000"),
    ];
    for (added, expected) in table {
        assert_refused(&with(added), expected);
    }
}

fn with_walk(lines: &str) -> String {
    let walk = format!("[commissioned]\nat = \"2026-04-01T09:30:00Z\"\nby = \"Sato\"\n{lines}\n{MAIN}");
    changed(SDM, &[(MAIN, &walk)])
}

fn walked(panel: &Panel) -> Vec<Walked> {
    panel.outlets.iter().map(|outlet| outlet.walked).collect()
}

#[test]
fn only_the_outlets_that_were_walked_through_are_commissioned() {
    use Walked::{Done, Never};
    let bare = parse(&changed(SDM, &[])).unwrap();
    assert_eq!(walked(&bare), [Never; 8]);
    let some = parse(&with_walk("outlets = [1, 3, 4, 5, 6, 7, 8]")).unwrap();
    assert_eq!(walked(&some), [Done, Never, Done, Done, Done, Done, Done, Done]);
    let text = some.summary();
    let expected = "; not closed from afar until commissioned again: outlet 2 (not walked through)";
    assert!(text.ends_with(expected), "{text}");
    let fewer = with_walk("outlets = [1, 2, 3]").replace("count = 8", "count = 3");
    assert_eq!(walked(&parse(&fewer).unwrap()), [Done; 3]);
    let more = fewer.replace("count = 3", "count = 4");
    assert_eq!(walked(&parse(&more).unwrap()), [Done, Done, Done, Never]);
}

#[test]
fn whoever_changes_the_wiring_of_an_outlet_commissions_it_again() {
    let noted: Vec<String> = parse(&changed(SDM, &[]))
        .unwrap()
        .outlets
        .iter()
        .map(|outlet| format!("{} = \"{}\"", outlet.number, outlet.wiring))
        .collect();
    let all = with_walk(&format!(
        "outlets = [1, 2, 3, 4, 5, 6, 7, 8]\nwiring = {{ {} }}",
        noted.join(", ")
    ));
    let rewired = |from: &str, to: &str| {
        assert!(all.contains(from), "{from}");
        let panel = parse(&all.replace(from, to)).unwrap();
        let rewired = panel
            .outlets
            .iter()
            .filter(|outlet| outlet.walked == Walked::RewiredSince);
        rewired.map(|outlet| outlet.number.get()).collect::<Vec<u8>>()
    };
    let everyone: Vec<u8> = (1..=8).collect();
    let own = |line: &str| format!("[outlet.3]\n{line}\n{MAIN}");
    assert_eq!(rewired("rated_a = 20", "rated_a = 16"), [0; 0]);
    assert_eq!(rewired("[bus.a]", "# A remark.\n[bus.a]"), [0; 0]);
    assert_eq!(rewired(MAIN, &own("tripped = \"none\"")), [3]);
    assert_eq!(
        rewired(MAIN, &own("position = { in = \"relay.in3\", on = 0 }")),
        [3]
    );
    assert_eq!(rewired(MAIN, &own("meter = { points = \"main\" }")), [3]);
    assert_eq!(
        rewired("out = \"relay.out{n}\"", "out = \"trip.out{n}\""),
        everyone
    );
    assert_eq!(rewired("192.0.2.10", "192.0.2.11"), everyone);
    assert_eq!(rewired("id = 1,", "id = 3,"), everyone);
    let told = parse(&all.replace(MAIN, &own("tripped = \"none\"")))
        .unwrap()
        .summary();
    assert!(told.ends_with("outlet 3 (wired in another way since)"), "{told}");
}

/// Or the notes of every commissioning would be void after an update.
#[test]
fn the_note_of_a_wiring_is_the_same_in_every_edition_of_the_program() {
    let panel = parse(&changed(SDM, &[])).unwrap();
    assert_eq!(panel.outlets[0].wiring, "ee65998c901c1bcc");
}

#[test]
fn two_breakers_never_listen_to_one_register_in_whatever_way_it_is_written() {
    let board = (
        "[unit]",
        "[unit]\nboard = { bus = \"a\", id = 5, device = \"test.orders\" }",
    );
    let orders = |bank: &str, number: u8| {
        format!(
            "[outlet.{number}]\ncommand = {{ kind = \"order-bits\", close = \"board.{bank}1.close\", open = \"board.{bank}1.open\" }}"
        )
    };
    let held = "[outlet.2]\ncommand = { kind = \"maintained\", out = \"board.same1\" }";
    let shared = "outlets.command: found one output, Holding 0x0001 of board, for outlet 1 and outlet 2, allowed: an output each";
    for second in [held, &orders("again", 2)] {
        let own = format!("{}\n{second}\n{MAIN}", orders("order", 1));
        assert_refused(&changed(SDM, &[board, (MAIN, &own)]), shared);
    }
    let apart = format!("{}\n{}\n{MAIN}", orders("order", 1), orders("other", 2));
    assert!(parse(&changed(SDM, &[board, (MAIN, &apart)])).is_ok());
}

#[test]
fn a_position_is_a_contact_of_its_own_and_never_an_output() {
    let own = |line: &str| changed(SDM, &[(MAIN, &format!("[outlet.3]\n{line}\n{MAIN}"))]);
    #[rustfmt::skip]
    let table = [
        ("position = { in = \"relay.out4\", on = 1 }", "outlet.3.position.in: found \"relay.out4\", allowed: a contact of the breaker; an output tells only what was written"),
        ("tripped = { in = \"trip.out3\", on = 1 }", "outlet.3.tripped.in: found \"trip.out3\", allowed: a contact of the breaker; an output tells only what was written"),
        ("tripped = { in = \"relay.in3\", on = 0 }", "outlets.position.in: found an alarm contact of outlet 3 for outlet 3, allowed: a contact of its own"),
        ("leakage = { in = \"relay.in5\", on = 0 }", "outlets.position.in: found an alarm contact of outlet 3 for outlet 5, allowed: a contact of its own"),
    ];
    for (line, expected) in table {
        assert_refused(&own(line), expected);
    }
    // Another name for the coils of the outputs makes no contact of them.
    let alias = "[unit]\nboard = { bus = \"a\", id = 5, device = \"test.orders\" }";
    let text = own("position = { in = \"board.self3\", on = 1 }").replace("[unit]", alias);
    assert_refused(
        &text,
        "outlet.3.position.in: found \"board.self3\", allowed: a contact of the breaker; an output tells only what was written",
    );
}

#[test]
fn a_meter_that_believes_less_than_its_circuit_carries_is_refused() {
    let small = ("rated_a = 20", "rated_a = 125");
    assert_refused(
        &changed(SDM, &[small]),
        "outlets.meter: found a range of current up to 100 A, allowed for rated_a = 125: 137 A and more",
    );
    let text = changed(SDM, &[("rated_a = 20", "rated_a = 63")]);
    assert_refused(
        &text,
        "outlets.meter: found max_power_w = 12000, allowed for rated_a = 63: 15750 and more",
    );
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
