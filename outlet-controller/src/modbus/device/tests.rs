//! The rules for device files: a table of what is wrong and the line that says so.

use super::*;
use crate::modbus::library::Library;

const HEAD: &str = "schema = 1\nid = 'x'\ntitle = 'x'\nstatus = 'guess'\nsources = []\n";

fn parse(rest: &str) -> Result<Device, ConfigError> {
    Device::parse(Path::new("x.toml"), &format!("{HEAD}{rest}"))
}

fn circuit(link: &str, keys: &str, of_point: &str) -> String {
    format!(
        "[link]\n{link}\n[circuit]\n{keys}\ncount = 3\n[circuit.points]\n\
         current = {{ area = 'input', addr = 0, type = 'f32', unit = 'A', range = [0, 100]{of_point} }}"
    )
}

#[test]
fn a_range_of_three_values_is_refused() {
    for (rest, key) in [
        ("[forbid]\ncoil = [[0x0004, 0x0010, 0x00FF]]", "forbid.coil"),
        ("[forbid]\nholding = [[0x0004]]", "forbid.holding"),
        (
            "[points]\nvoltage = { area = 'input', addr = 1, type = 'u16', unit = 'V', range = [0, 300, 500] }",
            "points.voltage.range",
        ),
    ] {
        let told = parse(rest).unwrap_err().to_string();
        assert!(
            told.starts_with(&format!("x.toml: {key}: line 7: found ")),
            "{told}"
        );
        assert!(
            told.ends_with(" values, allowed: two, as [lowest, highest]"),
            "{told}"
        );
    }
}

#[test]
fn a_bad_device_file_is_refused_in_one_line() {
    let point =
        "[points]\ncurrent = { area = 'input', addr = 1, type = 'f32', unit = 'A', range = [0, 100] }";
    #[rustfmt::skip]
    let table = [
        ("[lnk]", "lnk: line 6: unknown field `lnk`, expected one of `schema`, `id`, `title`, `status`, `sources`, `link`, `identity`, `phases`, `points`, `banks`, `circuit`, `forbid`"),
        ("[link]\nmax_read_regs = 126", "link.max_read_regs: found 126, allowed: 1 to 125"),
        ("[link]\nalign = 0", "link.align: found 0, allowed: 1 to max_read_regs"),
        ("[link]\ntimeout_ms = 0", "link.timeout_ms: found 0, allowed: 10 to 1000"),
        ("[link]\nmin_gap_ms = 6000", "link.min_gap_ms: found 6000, allowed: 0 to 5000"),
        (&format!("[link]\nmax_read_regs = 1\n{point}"), "points.current.type: found 2 registers, allowed: max_read_regs = 1"),
        (&format!("[link]\nalign = 2\n{point}"), "points.current.addr: found 2 registers at 0x0001, allowed: multiples of align = 2"),
        ("[points]\ncurrent = { area = 'coil', addr = 1, type = 'u16', unit = 'A', range = [0, 100] }", "points.current.area: found a bit area, allowed for a value: holding, input"),
        ("[points]\ncurrent = { area = 'input', addr = 0xFFFF, type = 'f32', unit = 'A', range = [0, 100] }", "points.current.addr: found 0xFFFF, which ends beyond 0xFFFF"),
        ("[points]\ncurrent = { area = 'input', addr = 1, type = 'u8', unit = 'A', range = [0, 100] }", "points.current.type: line 7: unknown variant `u8`, expected one of `u16`, `i16`, `u32`, `i32`, `u64`, `i64`, `f32`, `f64`"),
        ("[points]\ncurrent = { area = 'input', addr = 1, type = 'u16', unit = 'A', range = [0, 100], invalid = ['none'] }", "points.current.invalid[0]: line 7: found \"none\", allowed: \"nan\" or raw bits like \"0xFFFFFFFF\""),
        ("[points]\nvolts = { area = 'input', addr = 1, type = 'u16', unit = 'V', range = [0, 300] }", "points.volts: unknown point, allowed: voltage, current, power, frequency, energy_import, energy_export"),
        ("[banks]\nin1 = { area = 'coil', base = 0, count = 1 }", "banks.in1.name: found \"in1\", allowed: letters and _"),
        ("[banks]\nin = { area = 'coil', base = 0xFFFF, count = 2 }", "banks.in.count: found 2 with stride 1, allowed: 1 and more, ending at 0xFFFF"),
        ("[banks]\nin = { area = 'coil', base = 0, count = 0 }", "banks.in.count: found 0 with stride 1, allowed: 1 and more, ending at 0xFFFF"),
        ("[banks]\nin = { area = 'coil', base = 0, count = 1, write_fc = 17 }", "banks.in.write_fc: line 7: found 17, allowed: 5, 6, 15, 16"),
        ("[banks]\nin = { area = 'coil', base = 0, count = 1, write_fc = 6 }", "banks.in.write_fc: allowed for this area: 5, 15"),
        ("[banks]\nin = { area = 'discrete', base = 0, count = 1, write_fc = 5 }", "banks.in.write_fc: allowed for this area: none, it is read only"),
        ("[banks]\nin = { area = 'coil', base = 0, count = 1, bits = { a = 0 } }", "banks.in.bits.a: found 0, allowed: 0 to 15, in holding or input registers"),
        ("[banks]\nin = { area = 'input', base = 0, count = 1, bits = { a = 16 } }", "banks.in.bits.a: found 16, allowed: 0 to 15, in holding or input registers"),
        ("[banks]\nout = { area = 'holding', base = 0, count = 1, write_fc = 6, values = { on = 1, off = 1 } }", "banks.out.values: found 1 for on and off, allowed: two values"),
        ("[forbid]\ncoil = [[0x04FF, 0x00FF]]", "forbid.coil: found [0x04FF, 0x00FF], allowed: [first, last]"),
        ("phases = 2", "phases: line 6: found 2, allowed: 1, 3"),
        ("[points]\nvoltage = { area = 'input', addr = 1, type = 'u16', unit = 'V' }", "points.voltage: line 7: missing field `range`"),
        ("[circuit]\nstride = 2\ncount = 0\npoints = {}", "circuit.count: found 0, allowed: 1 and more"),
        (&circuit("align = 2", "stride = 3", ""), "circuit.points.current.stride: found 3, allowed: multiples of align = 2"),
        (&circuit("align = 1", "", ""), "circuit.stride: missing, here or with each point"),
        (&circuit("align = 1", "stride = 0x9000", ""), "circuit.points.current.stride: found 36864, with which circuit 3 ends beyond 0xFFFF"),
        (&circuit("align = 1", "stride = 9", ", stride = 1"), "circuit.points.current.stride: found 1, allowed: 0, or 2 and more, so that circuits do not overlap"),
        (&circuit("align = 1", "stride = 9", ", scale_from = 5"), "circuit.points.current.scale_from: found 0x0005 among the circuits, allowed: one register for all of them"),
        ("[points]\ncurrent = { area = 'input', addr = 1, type = 'u16', unit = 'A', range = [0, 100], stride = 2 }", "points.current.stride: allowed only in [circuit.points]"),
        ("[link]\nmax_read_bits = 2001", "link.max_read_bits: found 2001, allowed: 1 to 2000"),
        ("[link]\nturnaround_ms = 6000", "link.turnaround_ms: found 6000, allowed: 0 to 5000"),
        ("[banks]\nin = { area = 'coil', base = 0, count = 1, invalid = ['0xFFFF'] }", "banks.in.invalid: allowed only in holding or input registers"),
        ("[banks]\nin = { area = 'input', base = 0, count = 1, invalid = ['0x1FFFF'] }", "banks.in.invalid[0]: line 7: found \"0x1FFFF\", allowed: a register like \"0xFFFF\""),
        ("[identity]", "identity.serial: missing, allowed: serial, model, or both"),
        ("[identity]\nserial = { area = 'coil', addr = 0, type = 'u32' }", "identity.serial.area: found a bit area, allowed for a value: holding, input"),
        ("[identity]\nserial = { area = 'input', addr = 0xFFFF, type = 'u32' }", "identity.serial.addr: found 0xFFFF, which ends beyond 0xFFFF"),
        ("[identity]\nserial = { area = 'input', addr = 0, type = 'text' }", "identity.serial.length: found nothing, allowed: 1 to max_read_regs = 125"),
        ("[identity]\nserial = { area = 'input', addr = 0, type = 'text', length = 126 }", "identity.serial.length: found 126, allowed: 1 to max_read_regs = 125"),
        ("[identity]\nserial = { area = 'input', addr = 0, type = 'u32', length = 2 }", "identity.serial.length: found 2, allowed only with type = \"text\""),
        ("[identity]\nserial = { area = 'input', addr = 0, type = 'f32' }", "identity.serial.type: line 7: unknown variant `f32`, expected one of `u16`, `u32`, `u64`, `text`"),
        ("[identity]\nmodel = { area = 'input', addr = 0, type = 'u16', equals = [] }", "identity.model.equals: found nothing, allowed: what the registers hold"),
    ];
    for (rest, expected) in table {
        assert_eq!(
            parse(rest).unwrap_err().to_string(),
            format!("x.toml: {expected}")
        );
    }
    let bare = HEAD.replace("'guess'", "'transcribed'");
    let error = Device::parse(Path::new("x.toml"), &bare).unwrap_err().to_string();
    assert_eq!(
        error,
        "x.toml: sources: found none, allowed only with status = \"guess\""
    );
}

#[test]
fn every_shipped_device_passes() {
    let library = Library::shipped().unwrap();
    let ids: Vec<&str> = library.ids().map(String::as_str).collect();
    #[rustfmt::skip]
    assert_eq!(ids, [
        "abb.b21",
        "chint.dtsu666",
        "eastron.sdm120",
        "eastron.sdm230",
        "eastron.sdm630",
        "gavazzi.em24-e1",
        "gavazzi.em24-is",
        "generic.mcm12",
        "generic.motor-io",
        "janitza.b23",
        "omron.kmn",
        "orno.we514",
        "schneider.iem3000",
        "schneider.powertag-control",
        "schneider.powertag63",
        "schneider.smartlink-rca",
        "schneider.smartlink-reflex",
        "smappee.powerbox",
        "sunspec.201",
        "sunspec.201-short",
        "waveshare.io8",
        "waveshare.relay8",
        "waveshare.relay8d",
    ]);
    for id in ids {
        let device = library.device(id).unwrap();
        let is_guess = device.status == Status::Guess;
        assert_eq!(is_guess, device.sources.is_empty(), "{id}");
        assert!(
            matches!(device.status, Status::Guess | Status::Transcribed),
            "{id}: nobody has tried it"
        );
    }
}

#[test]
fn circuits_lie_a_stride_apart_and_end_with_the_last() {
    let meter = Library::shipped().unwrap().device("generic.mcm12").unwrap();
    let at = |number| {
        meter
            .circuit_point(number, Quantity::Current)
            .map(|point| point.addr)
    };
    assert_eq!(
        [at(0), at(1), at(12), at(13)],
        [None, Some(0x0102), Some(0x0170), None]
    );
    assert!(meter.point(Quantity::Current).is_none());
}

#[test]
fn each_value_of_a_circuit_may_have_its_own_stride() {
    let text = "[circuit]\nstride = 4\ncount = 28\n[circuit.points]\n\
        voltage = { area = 'holding', addr = 0, type = 'f32', unit = 'V', range = [0, 300], stride = 0 }\n\
        current = { area = 'holding', addr = 0x80, type = 'f32', unit = 'A', range = [0, 100] }\n\
        power = { area = 'holding', addr = 0x380, type = 'f32', unit = 'W', range = [0, 9000], stride = 2 }";
    let meter = parse(text).unwrap();
    let at = |quantity| meter.circuit_point(28, quantity).unwrap().addr;
    assert_eq!(
        [at(Quantity::Voltage), at(Quantity::Current), at(Quantity::Power)],
        [0, 0xEC, 0x3B6]
    );
    assert!(meter.defines(Area::Holding, 0x3B7) && !meter.defines(Area::Holding, 0x3B8));
}

#[test]
fn a_device_tells_its_serial_number_and_its_model() {
    let identity = |text: &str| parse(&format!("[identity]\n{text}")).unwrap().identity.unwrap();
    let serial = |text: &str, words: &[u16]| identity(text).serial.unwrap().read(words);
    let number = "serial = { area = 'holding', addr = 1, type = 'u32' }";
    let text = "serial = { area = 'holding', addr = 1, type = 'text', length = 4 }";
    #[rustfmt::skip]
    let table: [(&str, &[u16], Option<&str>); 10] = [
        (number, &[0x0122, 0x7357], Some("19034967")),
        (number, &[0, 0], None),
        (number, &[0xFFFF, 0xFFFF], None),
        (number, &[1], None),
        ("serial = { area = 'holding', addr = 1, type = 'u32', order = 'CDAB' }", &[7, 1], Some("65543")),
        ("serial = { area = 'holding', addr = 1, type = 'u64' }", &[0, 1, 0, 0], Some("4294967296")),
        (text, &[0x4B4D, 0x2D4E, 0x3120, 0x2020], Some("KM-N1")),
        (text, &[0x4B4D, 0x0000, 0x3120, 0x2020], Some("KM")),
        (text, &[0xFFFF; 4], None),
        (&text.replace("length", "order = 'BADC', length"), &[0x4D4B, 0x4E2D, 0x2031, 0x2020], Some("KM-N1")),
    ];
    for (text, words, expected) in table {
        assert_eq!(serial(text, words).as_deref(), expected, "{text} {words:04X?}");
    }
    let model = "model = { area = 'holding', addr = 1, type = 'text', length = 2, equals = ['B21 ', 'B23'] }";
    let model = identity(model).model.unwrap();
    assert!(model.matches(&[0x4232, 0x3120]) && model.matches(&[0x4232, 0x3320]));
    assert!(!model.matches(&[0x4232, 0x3420]) && !model.matches(&[0x4232]));
    let number = identity("model = { area = 'input', addr = 11, type = 'u16', equals = 1648 }");
    assert!(number.serial.is_none() && number.model.unwrap().matches(&[1648]));
}

#[test]
fn what_a_file_forbids_or_cannot_be_written_is_forbidden() {
    let relay = Library::shipped().unwrap().device("waveshare.relay8d").unwrap();
    for (area, addr, forbidden) in [
        (Area::Coil, 7, false),
        (Area::Coil, 8, true),
        (Area::Coil, 0x00FF, true),
        (Area::Holding, 0x4000, true),
        (Area::Discrete, 0, true),
        (Area::Input, 0, true),
    ] {
        assert_eq!(relay.forbids_write(area, addr), forbidden, "{area:?} {addr}");
    }
}

#[test]
fn a_directory_wins_over_what_is_shipped_and_its_faults_are_named() {
    let directory = std::env::temp_dir().join(foundation::ids::id("devices"));
    std::fs::create_dir(&directory).unwrap();
    let own = HEAD
        .replace("'x'\nstatus", "'My relay'\nstatus")
        .replace("id = 'x'", "id = 'waveshare.relay8d'");
    std::fs::write(directory.join("a.toml"), &own).unwrap();
    std::fs::write(directory.join("notes.txt"), "not a device").unwrap();
    let library = Library::with_directory(&directory).unwrap();
    assert_eq!(library.device("waveshare.relay8d").unwrap().title, "My relay");
    std::fs::write(directory.join("b.toml"), &own).unwrap();
    let error = Library::with_directory(&directory).unwrap_err().to_string();
    let at = |name: &str| directory.join(name).display().to_string();
    assert_eq!(
        error,
        format!(
            "{}: id: found \"waveshare.relay8d\", which {} has too",
            at("b.toml"),
            at("a.toml")
        )
    );
    std::fs::remove_dir_all(directory).unwrap();
    assert!(
        Library::with_directory(Path::new("/nonexistent"))
            .unwrap_err()
            .to_string()
            .contains("cannot be read")
    );
}
