//! What is said about findings.

use super::*;
use crate::install::probe::identify::Identity;
use crate::modbus::library::Library;
use crate::modbus::panel::Framing;

const LINE: Setting = Setting::Serial {
    baud: 9_600,
    framing: Framing::EightNoneOne,
};

fn fit(device: &str, score: i32) -> Fit {
    Fit {
        device: Library::shipped().unwrap().device(device).unwrap(),
        score,
        values: BTreeMap::from([(Quantity::Voltage, 201_700), (Quantity::EnergyImport, 1_234_567)]),
        serial: Some("23000027".into()),
    }
}

fn unit(fits: Vec<Fit>) -> Found {
    let identity = Some(Identity {
        fits,
        ..Identity::default()
    });
    Found {
        late: false,
        identity,
    }
}

fn report(units: Vec<(u8, Found)>) -> Report {
    let target = Target::Serial {
        port: "/dev/ttyUSB0".into(),
    };
    let units = units.into_iter().map(|(id, unit)| ((LINE, id), unit)).collect();
    let found = Findings {
        units,
        finished: true,
        ..Findings::default()
    };
    Report::of(&target, &found)
}

#[test]
fn one_good_fit_is_what_the_unit_looks_like() {
    let report = report(vec![(
        11,
        unit(vec![fit("eastron.sdm120", 28), fit("omron.kmn", 4)]),
    )]);
    let text = report.text();
    assert!(
        text.contains("looks like eastron.sdm120  23000027  201.7 V, 1234.567 kWh"),
        "{text}"
    );
    assert!(
        report
            .toml
            .contains("transport = \"rtu\"\nport = \"/dev/ttyUSB0\"\nbaud = 9600\nframing = \"8N1\"\n")
    );
    assert!(
        report
            .toml
            .contains("u11 = { bus = \"a\", id = 11, device = \"eastron.sdm120\" }\n")
    );
}

#[test]
fn what_cannot_be_told_apart_is_named_together() {
    let report = report(vec![(
        1,
        unit(vec![fit("eastron.sdm120", 28), fit("omron.kmn", 26)]),
    )]);
    assert!(
        report.text().contains("could be eastron.sdm120 or omron.kmn"),
        "{}",
        report.text()
    );
    assert!(
        report
            .toml
            .contains("device = \"eastron.sdm120\" } # or omron.kmn\n"),
        "{}",
        report.toml
    );
}

#[test]
fn weak_and_unknown_units_are_called_so() {
    let report = report(vec![
        (1, unit(vec![fit("waveshare.relay8d", 6)])),
        (2, unit(vec![])),
    ]);
    let text = report.text();
    assert!(
        text.contains("perhaps waveshare.relay8d") && text.contains("unknown"),
        "{text}"
    );
    assert!(report.toml.contains("# u2 = "), "{}", report.toml);
}

#[test]
fn the_units_of_the_snippet_are_a_toml_table() {
    let report = report(vec![
        (1, unit(vec![fit("waveshare.relay8d", 6)])),
        (2, unit(vec![])),
    ]);
    let table: toml::Table = report.toml.parse().unwrap();
    assert_eq!(table["unit"]["u1"]["id"].as_integer(), Some(1));
    assert_eq!(table["bus"]["a"]["baud"].as_integer(), Some(9_600));
}

#[test]
fn the_framing_that_answered_is_said() {
    let target = Target::Tcp {
        host: "gw".into(),
        port: 502,
    };
    let units = BTreeMap::from([((Setting::RtuOverTcp, 3), unit(vec![]))]);
    let found = Findings {
        units,
        finished: false,
        ..Findings::default()
    };
    let report = Report::of(&target, &found);
    let text = report.text();
    assert!(
        text.contains("RTU over TCP, not Modbus TCP") && text.contains("Cut off"),
        "{text}"
    );
    assert!(
        report
            .toml
            .contains("transport = \"rtu-over-tcp\"\nhost = \"gw\"\nport = 502\n")
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["units"][0]["certainty"], "unknown");
}
