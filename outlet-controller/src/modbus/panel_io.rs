//! The panel as the control loop sees it: looks, readings, and one write at a time per breaker.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::OutletNumber;
use domain::observation::{Observation, Reading};
use domain::outlet::Wanted;
use futures_util::future::join_all;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::bus::{Bus, BusError, BusStats, CallError, Class, Dialer, ExceptionCode, Timer, dialer};
use super::panel::{BusLine, Command, Meter, MeterPoint, Outlet, Panel, Pulse, Write};
use super::plan::{PlannedRead, cost};

mod ask;
mod identity;
mod snapshot;

use identity::{Identities, Whose};
use snapshot::{Answered, Snapshot};

/// Tries to end a pulse: a pressed output is worse than a repeated write of "off".
const RELEASE_TRIES: u32 = 5;
const RELEASE_PAUSE: Duration = Duration::from_millis(300);
const OPEN_TRIES: u32 = 3;
const OPEN_PAUSE: Duration = Duration::from_millis(100);
const OPEN_ALL_PATIENCE: Duration = Duration::from_secs(3);

/// One scan of all meters, read back to back.
#[derive(Clone, Debug)]
pub struct MeterScan {
    pub outlets: Vec<(OutletNumber, Reading)>,
    /// The main circuit's, if the panel has one.
    pub main: Option<Reading>,
}

/// Why a breaker was not told to move, or perhaps was not.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    #[error("the panel has no outlet {0}")]
    NoOutlet(OutletNumber),
    #[error("the breaker's output was not written")]
    Write(#[source] CallError),
    /// The output may still be on.
    #[error("the pulse of the breaker's output was not ended")]
    Release(#[source] CallError),
}

/// An open panel: its buses with their owners.
#[derive(Debug)]
pub struct PanelIo {
    panel: Panel,
    buses: Vec<Bus>,
    tasks: Vec<JoinHandle<()>>,
    identities: Identities,
    /// One command at a time per outlet, so that OFF cannot overtake the same outlet's ON.
    turns: Vec<(OutletNumber, Arc<Mutex<()>>)>,
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
        let (buses, tasks) = panel
            .buses
            .iter()
            .map(|line| Bus::start(line, Arc::clone(dialer), timer))
            .unzip();
        let turns = panel
            .outlets
            .iter()
            .map(|outlet| (outlet.number, Arc::default()))
            .collect();
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
            let reckoned = line.transport.line().unwrap_or(cost::LIKELY_LINE);
            let cycle = self.panel.plan.theoretical_cycle_on(place, reckoned);
            bus.counters().read(&line.name, cycle)
        };
        let lines = self.panel.buses.iter().enumerate();
        lines.zip(&self.buses).map(stats).collect()
    }

    /// The serial number of the outlet's meter, as it was told last.
    pub fn serial(&self, outlet: OutletNumber) -> Option<String> {
        let register = self.panel.outlet(outlet)?.meter.register.as_ref()?;
        self.identities.serial(&register.place.unit)
    }

    /// Positions, trips and currents of all outlets.
    pub async fn look(&self) -> Vec<(OutletNumber, Observation)> {
        let snapshot = self.cycle().await;
        let see = |outlet: &Outlet| (outlet.number, snapshot.observation(outlet));
        self.panel.outlets.iter().map(see).collect()
    }

    /// Position, trip and leakage of one outlet, urgently: whether a command has had its effect. `current` stays `None`.
    /// An outlet that the panel does not have is seen as unknown.
    pub async fn look_at(&self, outlet: OutletNumber) -> Observation {
        let Some(outlet) = self.panel.outlet(outlet) else {
            return Observation::default();
        };
        let contacts = [
            Some(&outlet.position),
            outlet.tripped.as_ref(),
            outlet.leakage.as_ref(),
        ];
        let wanted = |read: &&PlannedRead| {
            contacts
                .iter()
                .flatten()
                .any(|input| read.covers(&input.place, 1))
        };
        let snapshot = self
            .fetch(self.panel.plan.fast.iter().filter(wanted), Some(Class::Command))
            .await;
        Observation {
            current: None,
            ..snapshot.observation(outlet)
        }
    }

    /// Everything that the outlet's meter tells.
    pub async fn read_meter(&self, outlet: OutletNumber) -> Reading {
        match self.panel.outlet(outlet) {
            Some(outlet) => self.read(&outlet.meter).await,
            None => Reading::default(),
        }
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

    /// Tells the breaker to move: one write, or a pulse and its end. Whether it moved is for [`PanelIo::look_at`].
    ///
    /// # Errors
    /// If the write failed; it may have been heard all the same.
    pub async fn switch(&self, outlet: OutletNumber, wanted: Wanted) -> Result<(), SwitchError> {
        let missing = || SwitchError::NoOutlet(outlet);
        let (_, turn) = self
            .turns
            .iter()
            .find(|(number, _)| *number == outlet)
            .ok_or_else(missing)?;
        let command = &self.panel.outlet(outlet).ok_or_else(missing)?.command;
        let class = match wanted {
            Wanted::Open => Class::Off,
            Wanted::Closed => Class::Command,
        };
        let turn = Arc::clone(turn).lock_owned().await;
        match (command, wanted) {
            (
                Command::Maintained { close: write, .. } | Command::OrderBits { close: write, .. },
                Wanted::Closed,
            )
            | (
                Command::Maintained { open: write, .. } | Command::OrderBits { open: write, .. },
                Wanted::Open,
            ) => self
                .bus_of(write)
                .map_err(SwitchError::Write)?
                .write(write, class)
                .await
                .map_err(SwitchError::Write),
            (Command::Pulse { close: pulse, .. }, Wanted::Closed)
            | (Command::Pulse { open: pulse, .. }, Wanted::Open) => {
                let bus = self.bus_of(&pulse.press).map_err(SwitchError::Write)?.clone();
                let pulse = pulse.clone();
                // A task of its own: the pulse must end even if nobody waits for it any more.
                let pulsing = tokio::spawn(async move {
                    let _turn = turn;
                    press_and_release(&bus, &pulse, class).await
                });
                pulsing
                    .await
                    .unwrap_or(Err(SwitchError::Release(BusError::Closed.into())))
            }
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
        drop(self.buses);
        for task in self.tasks {
            drop(task.await);
        }
    }

    fn bus_of(&self, write: &Write) -> Result<&Bus, CallError> {
        Ok(self.buses.get(write.place.unit.bus).ok_or(BusError::Closed)?)
    }

    async fn read(&self, meter: &Meter) -> Reading {
        let wanted = |read: &&PlannedRead| {
            meter
                .points()
                .flat_map(MeterPoint::stretches)
                .any(|(place, count)| read.covers(place, count))
        };
        self.fetch(self.panel.plan.slow.iter().filter(wanted), None)
            .await
            .meter(meter)
    }

    /// All that is read again and again, each bus at its own speed.
    async fn cycle(&self) -> Snapshot<'_> {
        let started = Instant::now();
        let cycle_of = async |(place, bus): (usize, &Bus)| {
            let of_bus = |read: &&PlannedRead| read.unit.bus == place;
            let snapshot = self.fetch(self.panel.plan.fast.iter().filter(of_bus), None).await;
            bus.counters().cycled(started.elapsed());
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

async fn press_and_release(bus: &Bus, pulse: &Pulse, class: Class) -> Result<(), SwitchError> {
    let pressed = bus.write(&pulse.press, class).await;
    let Some((length, release)) = &pulse.release else {
        return pressed.map_err(SwitchError::Write);
    };
    if let Err(error) = &pressed
        && never_heard(error)
    {
        return pressed.map_err(SwitchError::Write);
    }
    sleep(*length).await;
    let mut released = bus.write(release, Class::Off).await;
    for _ in 1..RELEASE_TRIES {
        if released.is_ok() {
            break;
        }
        sleep(RELEASE_PAUSE).await;
        released = bus.write(release, Class::Off).await;
    }
    released.map_err(SwitchError::Release)?;
    pressed.map_err(SwitchError::Write)
}

/// Whether it is certain that no device got the request.
fn never_heard(error: &CallError) -> bool {
    match error {
        CallError::DeviceRefused(ExceptionCode::Acknowledge) => false,
        CallError::DeviceRefused(_) => true,
        CallError::Bus(error) => match error {
            BusError::Connect(_) | BusError::Down | BusError::Resting | BusError::Closed => true,
            BusError::Timeout | BusError::Io(_) | BusError::Checksum | BusError::Mismatch(_) => false,
        },
    }
}
