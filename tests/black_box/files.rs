//! The files with which our controller gets to know a board: the panel's, and device files for meters in a hurry.

use std::path::Path;

use serde_json::Value;
use system_tests::peer::folder;
use toml::{Table, Value as Toml};

use super::board::{Layout, SPEED, Transport};

/// Writes `panel.toml` and `devices/` into `directory`.
pub(super) fn write(directory: &Path, layout: Layout, transport: Transport, place: &Value) {
    let devices = directory.join("devices");
    std::fs::create_dir_all(&devices).unwrap();
    let shipped = folder().join("../../outlet-controller/devices");
    for source in [shipped, folder().join("panel/devices")] {
        for file in std::fs::read_dir(source).unwrap() {
            let path = file.unwrap().path();
            let mut device: Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
            hurry(&mut device);
            std::fs::write(devices.join(path.file_name().unwrap()), device.to_string()).unwrap();
        }
    }
    let panel = folder().join(format!("panel/panels/{}.toml", layout.name()));
    let text = std::fs::read_to_string(panel).unwrap();
    let bus = format!("\n[bus.wire]\n{}\n", bus(layout, transport, place));
    std::fs::write(directory.join("panel.toml"), text + &bus).unwrap();
}

fn bus(layout: Layout, transport: Transport, place: &Value) -> String {
    let baud = layout.baud();
    let line = format!("baud = {baud}\nframing = \"8N1\"");
    match transport {
        Transport::Tcp => format!("transport = \"tcp\"\nhost = \"127.0.0.1\"\nport = {place}"),
        Transport::RtuOverTcp => {
            format!("transport = \"rtu-over-tcp\"\nhost = \"127.0.0.1\"\nport = {place}\n{line}")
        }
        Transport::Rtu => format!("transport = \"rtu\"\nport = {place}\n{line}"),
    }
}

/// What a circuit carries at most.
const MOST_POWER_W: i64 = 12_500;

/// The board's meters count [`SPEED`] times as fast as a circuit could, and want no pause.
fn hurry(device: &mut Table) {
    device.remove("min_gap_ms");
    for (key, value) in device.iter_mut() {
        if let Toml::Table(inner) = value {
            if key == "energy_import" {
                inner.insert("max_power_w".into(), Toml::Integer(MOST_POWER_W * SPEED));
            }
            hurry(inner);
        }
    }
}
