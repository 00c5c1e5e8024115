//! The panel as the control loop sees it: looks, readings, and one write at a time per breaker.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::OutletNumber;
use domain::observation::{Measured, Observation, Reading};
use domain::outlet::Wanted;
use domain::units::MilliAmps;
use futures_util::future::{join, join_all};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::bus::{Bus, BusStats, Class, Dialer, Timer, dialer};
use super::panel::{BusLine, Meter, MeterPoint, Outlet, Panel};
use super::plan::PlannedRead;

mod ask;
mod identity;
mod pulse;
mod snapshot;
mod switching;

use identity::{Identities, Whose};
use snapshot::{Answered, Snapshot};
pub use switching::SwitchError;
use switching::Turns;

const OPEN_TRIES: u32 = 20;
const OPEN_PAUSE: Duration = Duration::from_millis(100);
const OPEN_ALL_PATIENCE: Duration = Duration::from_secs(3);

/// One scan of all meters, read back to back.
#[derive(Clone, Debug)]
pub struct MeterScan {
    pub outlets: Vec<(OutletNumber, Reading)>,
    /// The main circuit's, if the panel has one.
    pub main: Option<Reading>,
}

/// An open panel: its buses with their owners.
#[derive(Debug)]
pub struct PanelIo {
    panel: Panel,
    buses: Vec<Bus>,
    tasks: Vec<JoinHandle<()>>,
    identities: Identities,
    turns: Turns,
}

impl PanelIo {
    /// Starts the owners of the buses. Silent devices are no reason to fail: they are seen as silent.
    pub fn open(panel: Panel) -> Self {
        let dialer = dialer(&panel.buses);
        Self::start(panel, &dialer, Timer::Exact)
    }

    /// As [`PanelIo::open`], over lines that `dialer` opens; the frames on them are those of the panel file.
    pub fn open_with(panel: Panel, dialer: Dialer) -> Self {
        Self::start(panel, &dialer, Timer::Coarse)
    }

    fn start(panel: Panel, dialer: &Dialer, timer: Timer) -> Self {
        let (buses, tasks): (Vec<Bus>, Vec<JoinHandle<()>>) = panel
            .buses
            .iter()
            .map(|line| Bus::start(line, Arc::clone(dialer), timer))
            .unzip();
        let turns = Turns::of(&panel, &buses);
        Self {
            identities: Identities::of(&panel.plan),
            panel,
            buses,
            tasks,
            turns,
        }
    }

    pub fn panel(&self) -> &Panel {
        &self.panel
    }

    /// What has happened on each bus so far.
    pub fn stats(&self) -> Vec<BusStats> {
        let stats = |((place, line), bus): ((usize, &BusLine), &Bus)| {
            // A network has no speed that could be reckoned with.
            let cycle = line.transport.line().map_or(Duration::ZERO, |reckoned| {
                self.panel.plan.theoretical_cycle_on(place, reckoned)
            });
            bus.counters().read(&line.name, cycle)
        };
        let lines = self.panel.buses.iter().enumerate();
        lines.zip(&self.buses).map(stats).collect()
    }

    /// The serial number of the outlet's meter, as it was told since another could have taken its place.
    pub fn serial(&self, outlet: OutletNumber) -> Option<String> {
        self.serial_of(&self.panel.outlet(outlet)?.meter)
    }

    /// The same of the main circuit's meter.
    pub fn main_serial(&self) -> Option<String> {
        self.serial_of(self.panel.main.as_ref()?)
    }

    fn serial_of(&self, meter: &Meter) -> Option<String> {
        let unit = &meter.register.as_ref()?.place.unit;
        self.identities.serial(unit, self.buses.get(unit.bus)?)
    }

    /// Positions, trips and currents of all outlets.
    pub async fn look(&self) -> Vec<(OutletNumber, Observation)> {
        let (mut seen, currents) = join(self.look_at_contacts(), self.read_currents()).await;
        for ((_, observation), (_, current)) in seen.iter_mut().zip(currents) {
            observation.current = Some(current);
        }
        seen
    }

    /// Positions, trips and leakage of all outlets; no meter delays it. `current` stays `None`.
    pub async fn look_at_contacts(&self) -> Vec<(OutletNumber, Observation)> {
        let snapshot = self.cycle(Class::State).await;
        let see = |outlet: &Outlet| (outlet.number, snapshot.contacts(outlet));
        self.panel.outlets.iter().map(see).collect()
    }

    /// The currents of all outlets.
    pub async fn read_currents(&self) -> Vec<(OutletNumber, Measured<MilliAmps>)> {
        let snapshot = self.cycle(Class::Current).await;
        let see = |outlet: &Outlet| (outlet.number, snapshot.current(outlet));
        self.panel.outlets.iter().map(see).collect()
    }

    /// Position, trip and leakage of one outlet, urgently: whether a command has had its effect. `current` stays `None`.
    /// An outlet that the panel does not have is seen as unknown.
    pub async fn look_at(&self, outlet: OutletNumber) -> Observation {
        let seen = self.look_at_those(&[outlet]).await;
        let seen = seen.into_iter().next().map(|(_, seen)| seen);
        seen.unwrap_or_default()
    }

    /// As [`PanelIo::look_at`], where what several of these share is read once.
    pub async fn look_at_those(&self, outlets: &[OutletNumber]) -> Vec<(OutletNumber, Observation)> {
        let outlets = outlets.iter().filter_map(|number| self.panel.outlet(*number));
        let outlets: Vec<&Outlet> = outlets.collect();
        let reads = self.contact_reads(&outlets);
        let snapshot = self.fetch(reads.into_iter(), Some(Class::Command)).await;
        let see = |outlet: &&Outlet| (outlet.number, snapshot.contacts(outlet));
        outlets.iter().map(see).collect()
    }

    /// The reads that show the contacts of these outlets.
    fn contact_reads(&self, outlets: &[&Outlet]) -> Vec<&PlannedRead> {
        let shows_of = |read: &PlannedRead, outlet: &Outlet| {
            let mut contacts = outlet.contacts();
            contacts.any(|input| read.covers(&input.place, 1))
        };
        let shows = |read: &&PlannedRead| outlets.iter().any(|outlet| shows_of(read, outlet));
        self.panel.plan.fast.iter().filter(shows).collect()
    }

    /// Everything that the outlet's meter tells.
    pub async fn read_meter(&self, outlet: OutletNumber) -> Reading {
        self.read(outlet, None).await
    }

    /// The same before the meters that are read in their turn: something about the breaker depends on it.
    pub async fn read_meter_soon(&self, outlet: OutletNumber) -> Reading {
        self.read(outlet, Some(Class::State)).await
    }

    /// All meters, the main circuit's too, in one go.
    pub async fn read_all_meters(&self) -> MeterScan {
        let snapshot = self.fetch(self.panel.plan.slow.iter(), None).await;
        let read = |outlet: &Outlet| (outlet.number, snapshot.meter(&outlet.meter));
        MeterScan {
            outlets: self.panel.outlets.iter().map(read).collect(),
            main: self.panel.main.as_ref().map(|meter| snapshot.meter(meter)),
        }
    }

    /// Tells every breaker to open, for a controller that cannot begin its work; some may not hear it.
    pub async fn open_all_breakers(&self) {
        let open = async |outlet: &Outlet| {
            let mut told = self.switch(outlet.number, Wanted::Open).await;
            for _ in 1..OPEN_TRIES {
                if told.is_ok() {
                    return;
                }
                sleep(OPEN_PAUSE).await;
                told = self.switch(outlet.number, Wanted::Open).await;
            }
            if let Err(error) = told {
                tracing::error!(outlet = outlet.number.get(), %error, "the breaker cannot be told to open");
            }
        };
        let all = join_all(self.panel.outlets.iter().map(open));
        if timeout(OPEN_ALL_PATIENCE, all).await.is_err() {
            tracing::error!("not every breaker could be told to open");
        }
    }

    /// Lets the owners finish and waits for them.
    pub async fn close(self) {
        // The outputs that may be pressed still have handles of their own.
        drop((self.buses, self.turns));
        for task in self.tasks {
            drop(task.await);
        }
    }

    async fn read(&self, outlet: OutletNumber, class: Option<Class>) -> Reading {
        let Some(Outlet { meter, .. }) = self.panel.outlet(outlet) else {
            return Reading::default();
        };
        let wanted = |read: &&PlannedRead| {
            meter
                .points()
                .flat_map(MeterPoint::stretches)
                .any(|(place, count)| read.covers(place, count))
        };
        self.fetch(self.panel.plan.slow.iter().filter(wanted), class)
            .await
            .meter(meter)
    }

    /// All of a class that is read again and again, each bus at its own speed.
    async fn cycle(&self, class: Class) -> Snapshot<'_> {
        let started = Instant::now();
        let fast = &self.panel.plan.fast;
        let cycle_of = async |(place, bus): (usize, &Bus)| {
            let of_bus = |read: &&PlannedRead| read.unit.bus == place;
            let last = fast.iter().filter(of_bus).map(|read| read.class).max();
            let of_class = fast.iter().filter(of_bus).filter(|read| read.class == class);
            let snapshot = self.fetch(of_class, None).await;
            if last == Some(class) {
                bus.counters().cycled(started.elapsed());
            }
            snapshot
        };
        let cycles = join_all(self.buses.iter().enumerate().map(cycle_of)).await;
        Snapshot::of_all(cycles)
    }

    async fn fetch<'a>(
        &'a self,
        reads: impl Iterator<Item = &'a PlannedRead>,
        class: Option<Class>,
    ) -> Snapshot<'a> {
        let fetch_one = async |read: &'a PlannedRead| {
            let bus = self.buses.get(read.unit.bus)?;
            let class = class.unwrap_or(read.class);
            let data = bus.read(&read.unit, read.span, class).await.ok()?;
            let whose = match read.class {
                Class::Current | Class::Energy => self.identities.whose(bus, read, class).await,
                Class::Off | Class::Command | Class::State | Class::Identity => Whose::Right,
            };
            Some(Answered { read, data, whose })
        };
        Snapshot::new(join_all(reads.map(fetch_one)).await.into_iter().flatten())
    }
}
