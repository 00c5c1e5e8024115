//! How near a look at a whole panel comes to what its serial line allows, and how long a command takes on a busy one.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on must say where")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ids::OutletNumber;
use domain::observation::Position;
use domain::outlet::Wanted;
use outlet_controller::modbus::library::{Library, shipped_panel};
use outlet_controller::modbus::panel::Panel;
use outlet_controller::modbus::panel_io::PanelIo;
use system_tests::figures::{self, Durations, ms};
use system_tests::paced_line::PacedLine;

const BAUDS: [u32; 4] = [9_600, 19_200, 38_400, 115_200];
const SDM_PANEL: &str = "waveshare-sdm120-tcp.toml";
const PANELS: [&str; 3] = [SDM_PANEL, "waveshare-kmn-tcp.toml", "motor-multicircuit-tcp.toml"];
const CYCLES: usize = 40;
const COMMANDS: u64 = 60;
/// Shipped device files whose meters know only some of the speeds.
const METERS: [&str; 2] = [
    include_str!("../../outlet-controller/devices/eastron.sdm120.toml"),
    include_str!("../../outlet-controller/devices/omron.kmn.toml"),
];
/// What the file of the meter says about its time to think; those of the others say nothing.
const SDM_THINKS: Duration = Duration::from_millis(40);
const MAIN_METER: u8 = 20;

#[tokio::main]
async fn main() {
    let folder = meters_of_any_speed();
    let library = Library::with_directory(&folder).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    figures::head(&[
        "panel",
        "baud",
        "least",
        "median",
        "p95",
        "median ÷ least",
        "p95 ÷ least",
    ]);
    for name in PANELS {
        for baud in BAUDS {
            cycles(name, baud, &library).await;
        }
    }
    figures::head(&[
        "OFF and a look at its effect, 9600 baud",
        "bound",
        "median",
        "worst",
    ]);
    commands(&library).await;
}

fn meters_of_any_speed() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("bench-bus-cycle-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (n, text) in METERS.into_iter().enumerate() {
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("baud")).collect();
        std::fs::write(folder.join(format!("{n}.toml")), lines.join("\n")).unwrap();
    }
    folder
}

/// A shipped panel, its bus on a serial port at this speed, and the line behind the port.
fn open(name: &'static str, baud: u32, library: &Library) -> (PanelIo, PacedLine) {
    let line = PacedLine::open(baud, move |unit| {
        let thinks = unit == MAIN_METER || name == SDM_PANEL && unit > 10;
        if thinks { SDM_THINKS } else { Duration::ZERO }
    });
    let port = format!(
        "transport = 'rtu'\nport = '{}'\nbaud = {baud}\nframing = '8N2'",
        line.path()
    );
    let mut file: toml::Table = shipped_panel(name).unwrap().parse().unwrap();
    let buses = file.get_mut("bus").unwrap().as_table_mut().unwrap();
    buses.insert("a".to_owned(), toml::Value::Table(port.parse().unwrap()));
    let panel = Panel::parse(Path::new(name), &file.to_string(), library).unwrap();
    (PanelIo::open(panel), line)
}

async fn cycles(name: &'static str, baud: u32, library: &Library) {
    let (io, line) = open(name, baud, library);
    io.read_all_meters().await;
    io.look().await;
    let mut took = Durations::default();
    for _ in 0..CYCLES {
        let begun = Instant::now();
        let seen = io.look().await;
        took.push(begun.elapsed());
        assert!(seen.iter().all(|(_, seen)| seen.position == Position::Open));
    }
    let least_ms = io.stats().first().unwrap().theoretical_cycle_ms;
    let ratio = |duration: Duration| format!("{:.3}", duration.as_secs_f64() * 1e3 / least_ms);
    let (median, p95) = (took.percentile(50.0), took.percentile(95.0));
    figures::row(&[
        name.trim_end_matches("-tcp.toml").to_owned(),
        baud.to_string(),
        format!("{least_ms:.1} ms"),
        ms(median),
        ms(p95),
        ratio(median),
        ratio(p95),
    ]);
    io.close().await;
    drop(line);
}

/// Meanwhile all meters are read without a pause.
async fn commands(library: &Library) {
    let (io, line) = open(SDM_PANEL, 9_600, library);
    let io = Arc::new(io);
    io.read_all_meters().await;
    let reading = tokio::spawn({
        let io = Arc::clone(&io);
        async move {
            loop {
                io.read_all_meters().await;
            }
        }
    });
    let mut took = Durations::default();
    let outlet = OutletNumber::new(1).unwrap();
    for n in 0..COMMANDS {
        tokio::time::sleep(Duration::from_millis(211 + n)).await;
        let begun = Instant::now();
        let seen = io.switch(outlet, Wanted::Open).await.unwrap();
        took.push(begun.elapsed());
        assert_eq!(seen.unwrap().position, Position::Open);
    }
    reading.abort();
    // 14 registers of a meter; FC05; a look at eight inputs for the position and one for the trip.
    let bound = line.transaction(8 + 33) + SDM_THINKS + line.transaction(16) + 2 * line.transaction(14);
    figures::row(&[
        SDM_PANEL.trim_end_matches("-tcp.toml").to_owned(),
        ms(bound),
        ms(took.percentile(50.0)),
        ms(took.percentile(100.0)),
    ]);
}
