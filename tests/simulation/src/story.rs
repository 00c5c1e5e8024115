//! One story from its begin to its end: the real controller, alive and dead, in a simulated house.

use std::cell::RefCell;
use std::time::Duration;

use foundation::Clock;
use foundation::logging::LogFormat;
use outlet_controller::config::{Journal, Server as ServerConfig};
use outlet_controller::modbus::panel_io::PanelIo;
use outlet_controller::{Config, Ground};
use tokio::task::JoinHandle;

use crate::bus::{Bus, Nuisance};
use std::collections::BTreeMap;

use crate::checker::{self, Evidence};
use crate::disk::{Mode, Platter, Sync};
use crate::fate::{Act, Fate, WALL_US, Wall};
use crate::history::{Entry, Fact, History};
use crate::plant::{Deed, Plant};
use crate::rng::Rng;
use crate::server::{Manner, Server};
use crate::{Ms, Shared, Time, house};

/// How long everything has to come to rest once all troubles are over.
const SETTLES_WITHIN: Ms = 300_000;
/// Nothing was heard for so long: all is told.
const QUIET: Ms = 4_000;

thread_local! {
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// How a story ended.
#[derive(Debug)]
pub struct Outcome {
    pub seed: u64,
    pub violations: Vec<String>,
    /// How often each check has judged.
    pub judged: BTreeMap<&'static str, u64>,
    pub simulated_ms: Ms,
    pub charges: usize,
    /// What happened, line by line; empty unless asked for.
    pub story: Vec<String>,
}

/// Tells the story of a seed; `detailed`: with frames and the program's own log, for a reader.
pub fn tell(seed: u64, sync: Sync, detailed: bool) -> Outcome {
    note_panics();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    foundation::ids::simulated::seed(seed);
    PANICS.take();
    let (evidence, entries) = runtime.block_on(async {
        let history = History::new(Time::begin(), detailed);
        let _logging = detailed.then(|| crate::logging::into(&history));
        let mut rng = Rng::new(seed);
        let fate = Fate::of(&mut rng, sync);
        let mut world = World::build(&fate, history.clone(), &mut rng);
        world.run(&fate).await;
        for panic in PANICS.take() {
            history.note(Fact::Panicked(panic));
        }
        let entries = history.sorted();
        let circuits = world.plant.lock().circuits.clone();
        (
            Evidence {
                house: fate.house,
                circuits,
                length: history.time().now(),
            },
            entries,
        )
    });
    drop(runtime);
    let charges = checker::charges(&entries)
        .iter()
        .filter(|charge| charge.exists())
        .count();
    let findings = checker::check(&evidence, &entries);
    Outcome {
        seed,
        violations: findings.violations,
        judged: findings.judged,
        simulated_ms: evidence.length,
        charges,
        story: if detailed {
            entries.iter().map(Entry::to_string).collect()
        } else {
            Vec::new()
        },
    }
}

/// A panic inside a task ends that task only; here it is remembered instead of printed.
fn note_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let inside = tokio::runtime::Handle::try_current().is_ok();
            if inside {
                PANICS.with_borrow_mut(|panics| panics.push(info.to_string()));
            } else {
                usual(info);
            }
        }));
    });
}

struct World {
    history: History,
    house: crate::fate::House,
    plant: Shared<Plant>,
    bus: Bus,
    disk: Platter,
    server: Server,
    clock: Clock,
    boots: u32,
    nuisances: Vec<Nuisance>,
    controller: Option<JoinHandle<()>>,
}

impl World {
    fn build(fate: &Fate, history: History, rng: &mut Rng) -> Self {
        let plant = house::plant(&fate.house, &history, &mut rng.fork(1));
        Self {
            bus: house::bus(&fate.house, &plant, &history, rng.fork(2)),
            disk: Platter::new(history.clone(), rng.fork(3), fate.sync),
            server: Server::new(history.clone(), rng.fork(4)),
            clock: clock("boot-1", WALL_US, true),
            house: fate.house.clone(),
            plant,
            history,
            boots: 1,
            nuisances: Vec::new(),
            controller: None,
        }
    }

    async fn run(&mut self, fate: &Fate) {
        self.boot();
        for (at, act) in &fate.acts {
            if *at <= fate.length {
                self.history.time().until(*at).await;
                self.act(*act);
            }
        }
        self.history.time().until(fate.length).await;
        self.mend();
        self.settle().await;
        self.kill();
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.plant.lock().catch_up();
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Start { outlet, wish } => self.server.start(outlet, wish),
            Act::StartAgain => self.server.start_again(),
            Act::Stop { which } => self.server.stop(which),
            Act::Trigger { message, outlet } => self.server.trigger(message, outlet),
            Act::ClearFault { outlet } => self.server.clear_fault(outlet),
            Act::Plant(outlet, deed) => self.plant.lock().happens(outlet, deed),
            Act::Mains(on) => self.plant.lock().set_mains(on),
            Act::Bus(nuisance, on) => self.disturb(nuisance, on),
            Act::Disk(mode) => self.disk.set(mode),
            Act::Link(manner) => self.server.set(manner),
            Act::WallSteps(ms) => self.step_wall(ms),
            Act::WallRight => self.set_clock(),
            Act::Kill => self.die(Fact::Killed),
            Act::CutPower => self.cut_power(),
            Act::Boot(wall) => self.boot_with(wall),
        }
    }

    fn disturb(&mut self, nuisance: Nuisance, on: bool) {
        self.nuisances.retain(|other| *other != nuisance);
        if on {
            self.nuisances.push(nuisance);
        }
        self.bus.set(nuisance, on);
    }

    fn true_wall_us(&self) -> i64 {
        WALL_US + i64::try_from(self.history.time().now()).unwrap() * 1000
    }

    /// As a program that asks the network for the time: it says so a little later.
    fn set_clock(&self) {
        self.step_wall((self.true_wall_us() - self.clock.now_us()) / 1000);
        let (clock, time) = (self.clock.clone(), self.history.time());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(3)).await;
            let off_us = WALL_US + i64::try_from(time.now()).unwrap() * 1000 - clock.now_us();
            if off_us.abs() < 1_000_000 {
                clock.agree(true);
            }
        });
    }

    fn step_wall(&self, ms: i64) {
        if ms != 0 {
            self.history.note(Fact::WallSteps(ms));
            self.clock.step_wall_ms(ms);
            self.clock.agree(false);
        }
    }

    fn die(&mut self, how: Fact) {
        if self.controller.is_some() {
            self.history.note(how);
            self.kill();
        }
    }

    fn kill(&mut self) {
        self.bus.sever();
        self.server.sever();
        self.disk.unmount();
        if let Some(task) = self.controller.take() {
            task.abort();
        }
    }

    fn cut_power(&mut self) {
        self.history.note(Fact::PowerCut);
        self.kill();
        self.disk.cut_power();
        self.boots += 1;
    }

    fn boot_with(&mut self, wall: Wall) {
        if self.controller.is_some() {
            return;
        }
        let boot_id = format!("boot-{}", self.boots);
        if self.clock.boot_id() != boot_id {
            let right = self.true_wall_us();
            let (wall_us, words) = match wall {
                Wall::Right => (right, "is right"),
                Wall::Epoch => (0, "says 1970"),
                Wall::StoodStill => (self.clock.now_us().min(right) - 60_000_000, "stood still"),
                Wall::DayAhead => (right + 86_400_000_000, "is a day ahead"),
                Wall::DayBehind => (right - 86_400_000_000, "is a day behind"),
            };
            self.clock = clock(&boot_id, wall_us, wall == Wall::Right);
            self.history.note(Fact::Boots { wall: words });
        }
        self.boot();
    }

    /// Starts the controller, again and again where that fails or it ends by itself, as systemd would.
    fn boot(&mut self) {
        let (house, history, clock) = (self.house.clone(), self.history.clone(), self.clock.clone());
        let (bus, disk, server) = (self.bus.clone(), self.disk.clone(), self.server.clone());
        self.controller = Some(tokio::spawn(async move {
            loop {
                let ground = Ground {
                    io: PanelIo::open_with(house::panel(&house), bus.dialer()),
                    store: Ok(disk.store()),
                    dial: server.dialer(),
                    clock: clock.clone(),
                };
                match outlet_controller::start_on(config(), ground).await {
                    Ok(controller) => {
                        history.note(Fact::ControllerRuns);
                        controller.ended().await;
                        history.note(Fact::Panicked("the control loop has ended by itself".into()));
                    }
                    Err(error) => history.note(Fact::ControllerFails(format!("{error:#}"))),
                }
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }));
    }

    /// All troubles are over.
    fn mend(&mut self) {
        self.history.note(Fact::Settling);
        for nuisance in std::mem::take(&mut self.nuisances) {
            self.bus.set(nuisance, false);
        }
        self.disk.set(Mode::Good);
        self.server.set(Manner::Good);
        if !self.plant.lock().mains {
            self.plant.lock().set_mains(true);
        }
        for outlet in 0..self.house.outlets {
            for deed in [
                Deed::Stick(false),
                Deed::ResetTrip,
                Deed::Weld(false),
                Deed::Leak(false),
                Deed::Slow { ms: 0 },
                Deed::Position { says: None },
                Deed::Meter(None),
            ] {
                self.plant.lock().happens(outlet, deed);
            }
        }
        self.boot_with(Wall::Right);
    }

    /// Stops what still runs and waits until all is told.
    async fn settle(&self) {
        let end = self.history.time().now() + SETTLES_WITHIN;
        let mut quiet_since = self.history.time().now();
        let (mut seen, mut round, mut asked) = (0, 0_u64, false);
        while self.history.time().now() < end {
            tokio::time::sleep(Duration::from_millis(1_000)).await;
            round += 1;
            let running = self.server.running();
            if self.server.is_connected() && running.is_empty() {
                let heard = self.server.heard_so_far();
                if heard == seen && self.disk.left() == 0 {
                    if self.history.time().now() - quiet_since < QUIET {
                        continue;
                    }
                    if std::mem::replace(&mut asked, true) {
                        return;
                    }
                    // Where every register stands at last.
                    self.server.trigger("MeterValues", None);
                } else {
                    seen = heard;
                }
            } else if round % 5 == 1 {
                running
                    .iter()
                    .for_each(|transaction| self.server.stop_this(transaction));
            }
            quiet_since = self.history.time().now();
        }
    }
}

/// `right`: the network has set it.
fn clock(boot_id: &str, wall_us: i64, right: bool) -> Clock {
    let clock = Clock::simulated(boot_id, wall_us);
    clock.agree(right);
    clock
}

fn config() -> Config {
    Config {
        panel: "panel.toml".into(),
        devices_dir: None,
        data_dir: "unused".into(),
        server: ServerConfig::local("ws://127.0.0.1:9/ocpp/", "panel-1", "a password"),
        journal: Journal::default(),
        log_format: LogFormat::Text,
        status: None,
        metrics: None,
        telemetry: None,
        firmware: None,
    }
}
