//! What the real outlet-controller needs and how soon it acts: a full panel on Modbus TCP, polled each second.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on must say where"
)]

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use denro::simulator::What;
use denro::simulator::panel_file::PanelFile;
use serde_json::json;
use system_tests::figures::{self, Durations, ms};
use system_tests::program::{cpu_us, rss_kib};
use system_tests::world::{Options, World};

const OUTLETS: u8 = 8;
const POLL: Duration = Duration::from_secs(1);
const STARTS: usize = 20;
const MEASURED: Duration = Duration::from_secs(60);

/// The real program, told where to say that it is ready.
struct Controller {
    child: Child,
    started: Instant,
    ear: UnixDatagram,
}

impl Controller {
    fn start(folder: &Path) -> Self {
        let program = std::env::current_exe()
            .unwrap()
            .with_file_name("outlet-controller");
        assert!(
            program.exists(),
            "build it first: cargo build --release -p outlet-controller"
        );
        let socket = folder.join("notify");
        let _not_there = std::fs::remove_file(&socket);
        let ear = UnixDatagram::bind(&socket).unwrap();
        ear.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let log = std::fs::File::create(folder.join("controller.log")).unwrap();
        let started = Instant::now();
        let child = Command::new(program)
            .arg("--config")
            .arg(folder.join("controller.toml"))
            .env("NOTIFY_SOCKET", &socket)
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, started, ear }
    }

    /// How long it took until it had seen every breaker.
    fn until_ready(&self) -> Duration {
        let mut buffer = [0; 256];
        loop {
            let length = self.ear.recv(&mut buffer).unwrap();
            if buffer.get(..length).unwrap().starts_with(b"READY=1") {
                return self.started.elapsed();
            }
        }
    }

    fn stop(mut self) {
        let _gone = (self.child.kill(), self.child.wait());
    }

    /// CPU of one core in percent while a minute passes, and the memory at its end.
    async fn minute(&self) -> [String; 3] {
        let (before, began) = (cpu_us(self.child.id()), Instant::now());
        tokio::time::sleep(MEASURED).await;
        let used_us = cpu_us(self.child.id()) - before;
        let percent = used_us as f64 / began.elapsed().as_micros() as f64 * 100.0;
        let mib = |kib: u64| format!("{:.1} MiB", kib as f64 / 1024.0);
        let [now, peak] = ["VmRSS:", "VmHWM:"].map(|line| mib(rss_kib(self.child.id(), line)));
        [format!("{percent:.2} %"), now, peak]
    }
}

#[tokio::main]
async fn main() {
    let options = Options {
        outlets: OUTLETS,
        controller: false,
        panel: panel(),
        ..Options::default()
    };
    let world = World::start(options).await;
    let folder = write_config(&world);
    let mut starts = Durations::default();
    for _ in 0..STARTS {
        let controller = Controller::start(&folder);
        starts.push(controller.until_ready());
        controller.stop();
    }
    let controller = Controller::start(&folder);
    controller.until_ready();
    world.until_online(true).await;
    world.until_usable().await;
    eprintln!("a minute with every outlet idle");
    let idle = controller.minute().await;
    for n in 1..=usize::from(OUTLETS) {
        world.panel.plug_in(World::number(n), None);
        let charge = world.start_charge(n, json!({"duration_s": 36_000})).await;
        world
            .until_session_event(&charge, "session.charging_started")
            .await;
    }
    eprintln!("a minute with every outlet charging");
    let busy = controller.minute().await;
    let trips = trips(&world).await;
    figures::head(&["", "CPU of one core", "RSS", "RSS, highest"]);
    for (name, [cpu, now, peak]) in [("8 outlets idle", idle), ("8 outlets charging", busy)] {
        figures::row(&[name.to_owned(), cpu, now, peak]);
    }
    figures::head(&["", "p50", "worst", "count"]);
    for (name, durations) in [
        ("start → first verified scan (READY=1)", &starts),
        ("trip → OFF written", &trips),
    ] {
        let [p50, worst] = [50.0, 100.0].map(|percent| ms(durations.percentile(percent)));
        figures::row(&[name.to_owned(), p50, worst, durations.count().to_string()]);
    }
    controller.stop();
    world.stop().await;
}

fn panel() -> PanelFile {
    PanelFile {
        outlets: OUTLETS,
        travel_ms: 100,
        min_off_s: 0,
        max_ops_per_hour: 600,
        fast_ms: u64::try_from(POLL.as_millis()).unwrap(),
        ..PanelFile::default()
    }
}

/// A controller of its own beside the world: straight to the panel, straight to the server.
fn write_config(world: &World) -> PathBuf {
    let folder = world.folder.join("measured");
    std::fs::create_dir_all(&folder).unwrap();
    let files = panel().write(&folder, world.panel.address()).unwrap();
    let text = format!(
        "panel = {:?}\ndevices_dir = {:?}\ndata_dir = {:?}\n[server]\nurl = \"ws://{}/ocpp\"\nstation_id = {:?}\n\
         password = {:?}\n[status]\nlisten = \"127.0.0.1:0\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n",
        files.panel,
        files.devices,
        folder.join("data"),
        world.link.address(),
        world.station_id,
        world.station_password
    );
    std::fs::write(folder.join("controller.toml"), text).unwrap();
    folder
}

/// Trips one breaker after another at odd moments; from each trip to the write of OFF that followed.
async fn trips(world: &World) -> Durations {
    let mut durations = Durations::default();
    for n in 1..=usize::from(OUTLETS) {
        tokio::time::sleep(Duration::from_millis(1_000 + 137 * n as u64)).await;
        let outlet = World::number(n);
        world.panel.trip(outlet);
        let off = loop {
            let history = world.panel.history();
            let of_outlet = || history.iter().filter(|happening| happening.outlet == outlet);
            let tripped = of_outlet()
                .find(|happening| happening.what == What::Tripped)
                .unwrap();
            let after = |happening: &&denro::simulator::Happening| {
                happening.what == What::CoilOff && happening.tick_ms >= tripped.tick_ms
            };
            if let Some(off) = of_outlet().find(after) {
                break Duration::from_millis(off.tick_ms - tripped.tick_ms);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        durations.push(off);
    }
    durations
}
