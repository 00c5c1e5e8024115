//! One house of a seed: its panel file, its plant, its bus.

use std::fmt::Write as _;
use std::path::Path;

use outlet_controller::modbus::library::Library;
use outlet_controller::modbus::panel::Panel;

use crate::Ms;
use crate::bus::{Bus, Framing};
use crate::history::History;
use crate::plant::{Circuit, Kind, Plant};
use crate::rng::Rng;
use crate::{Shared, fate::House};

/// Registers stay where a float of kWh still tells single watt-hours.
const REGISTERS_FROM: u64 = 1_000;
const REGISTERS_TO: u64 = 7_000_000;

thread_local! {
    static LIBRARY: Library = Library::shipped().unwrap();
}

/// The panel as the controller is told of it.
pub fn panel(house: &House) -> Panel {
    let text = panel_text(house);
    LIBRARY.with(|library| Panel::parse(Path::new("panel.toml"), &text, library).unwrap())
}

fn panel_text(house: &House) -> String {
    let count = house.outlets;
    let mut text = String::from("schema = 1\npanel = \"simulated\"\n\n[bus.a]\n");
    text += match house.framing {
        Framing::Tcp => "transport = \"tcp\"\nhost = \"127.0.0.1\"\n",
        Framing::Rtu => "transport = \"rtu\"\nport = \"/dev/null\"\nbaud = 9600\nframing = \"8N1\"\n",
        Framing::RtuOverTcp => {
            "transport = \"rtu-over-tcp\"\nhost = \"127.0.0.1\"\nport = 4196\nbaud = 9600\nframing = \"8N1\"\n"
        }
    };
    text += "\n[unit]\n";
    let (units, outlets) = wiring(house);
    text += &units;
    text += &pins(house);
    let leaks_unseen = |line: &&str| house.has_leakage_contacts || !line.starts_with("leakage");
    let outlets = outlets
        .lines()
        .filter(leaks_unseen)
        .collect::<Vec<_>>()
        .join("\n");
    let walked: Vec<usize> = (1..=count).collect();
    let after_power_cut = if house.ends_after_power_cut {
        "end"
    } else {
        "continue"
    };
    write!(
        text,
        "\n[breaker.default]\ntravel_ms = {}\nverify_ms = 1500\nmin_off_s = {}\nmin_on_s = 5\n\
         max_ops_per_hour = 60\nmax_ops_per_10_min = {}\nlife_ops = 10000\ntrip_reset = \"manual\"\nauto_reclose = false\n\
         \n[outlets]\ncount = {count}\nrated_a = 20\n{outlets}\
         \n[commissioned]\nat = \"2026-01-01T00:00:00Z\"\nby = \"the simulation\"\noutlets = {walked:?}\n\
         \n[rules]\nrandom_delay_s = {}\nno_load_warn_min = 1\nno_load_off_min = {}\nidle_after_min = {}\nafter_power_cut = \"{after_power_cut}\"\n\
         \n[poll]\nfast_ms = {}\n",
        house.travel_ms,
        house.min_off_s,
        house.max_ops_per_10_min,
        house.random_delay_s,
        house.no_load_off_min,
        house.idle_after_min,
        house.fast_ms
    )
    .unwrap();
    text
}

/// The units, and what an outlet is wired to.
fn wiring(house: &House) -> (String, &'static str) {
    let last = |first: usize| first + house.outlets - 1;
    match house.kind {
        Kind::Omron | Kind::Eastron => {
            let (first, device) = match house.kind {
                Kind::Omron => (21, "omron.kmn"),
                Kind::Eastron | Kind::Motor => (11, "eastron.sdm120"),
            };
            let units = format!(
                "relay = {{ bus = \"a\", id = 1, device = \"waveshare.relay8d\" }}\n\
                 trip = {{ bus = \"a\", id = 2, device = \"waveshare.io8\" }}\n\
                 m = {{ bus = \"a\", ids = [{first}, {}], device = \"{device}\" }}\n",
                last(first)
            );
            let outlets = "command = { kind = \"maintained\", out = \"relay.out{n}\" }\n\
                           position = { in = \"relay.in{n}\", on = 1 }\n\
                           tripped = { in = \"trip.in{n}\", on = 1 }\n\
                           leakage = { in = \"trip.in{n+4}\", on = 1 }\n\
                           meter = { points = \"m{n}\" }\n";
            (units, outlets)
        }
        Kind::Motor => {
            let units = "io = { bus = \"a\", id = 1, device = \"generic.motor-io\" }\n\
                         mcm = { bus = \"a\", id = 10, device = \"generic.mcm12\" }\n";
            let outlets = "command = { kind = \"pulse\", close = \"io.close{n}\", open = \"io.open{n}\" }\n\
                           position = { in = \"io.in{n}\", on = 1 }\n\
                           tripped = { in = \"io.in{n+8}\", on = 1 }\n\
                           leakage = { in = \"io.in{n+4}\", on = 1 }\n\
                           meter = { circuit = \"mcm.{n}\" }\n";
            (units.to_owned(), outlets)
        }
    }
}

/// The serial numbers of the meters, where they tell them and the installer has noted them.
fn pins(house: &House) -> String {
    let serials = (0..house.outlets).filter_map(|outlet| house.kind.serial(outlet));
    let lines = serials
        .enumerate()
        .map(|(place, serial)| format!("m{} = \"{serial}\"\n", place + 1));
    let lines: String = lines.filter(|_| house.is_pinned).collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n[pinned]\n{lines}")
    }
}

pub fn plant(house: &House, history: &History, rng: &mut Rng) -> Shared<Plant> {
    let circuits = (0..house.outlets).map(|_| {
        let travel = rng.range(house.travel_ms / 3, house.travel_ms);
        Circuit::new(
            travel,
            rng.percent(50),
            rng.range(REGISTERS_FROM, REGISTERS_TO) as i64,
        )
    });
    let mut plant = Plant::new(house.kind, circuits.collect(), history.clone());
    plant.opens_at_power_loss = house.opens_at_power_loss;
    Shared::new(plant)
}

pub fn bus(house: &House, plant: &Shared<Plant>, history: &History, rng: Rng) -> Bus {
    let slowest: Ms = house.slowest_answer_ms;
    Bus::new(
        plant.clone(),
        history.clone(),
        (rng, house.framing),
        (slowest / 4, slowest),
    )
}
